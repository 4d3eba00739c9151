"""Certificates of AWS Certificate Manager (ACM).

`certificate` holds the step `Certificate`: it requests a certificate, finds it by its owner tag and
deletes it. `reading` lists and describes certificates, waits until they are issued, and checks
certificates that the user names in config.yaml.
"""
