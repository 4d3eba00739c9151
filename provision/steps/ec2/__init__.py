"""The private network in EC2.

The steps are `Vpc`, `Subnet`, `RouteTable`, `SecurityGroup`, `GatewayEndpoint`,
`InterfaceEndpoint`, `FlowLog` and `NetworkInterfaces`. `base.Ec2Resource` is the base of most of
them; `foreign_resources` finds foreign resources that block a deletion.
"""
