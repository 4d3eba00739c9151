"""The private network: VPC, subnets, route table, security groups, endpoints, flow log.

`base` has what they share; `foreign_resources` finds what somebody else put into the network.
"""
