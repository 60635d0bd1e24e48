#!/bin/bash
# Makes a cluster for chainermn on Azure, in a resource group of its own:
#
#     ./deploy.sh GROUP [LOCATION [NAME=VALUE ...]]
#     ./deploy.sh mncluster westeurope nodeCount=4 vmSize=Standard_D8s_v5
#
# Needs the Azure CLI, logged in (az login), and a key of ssh; SSH_KEY names another than ~/.ssh/id_ed25519.pub. What
# can be set is in main.bicep. Machines cost money until they are deleted: az group delete --name GROUP
set -euo pipefail
cd "$(dirname "$0")"

if [ $# -eq 0 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
group=$1
location=${2:-westeurope}
shift "$(($# < 2 ? $# : 2))"
key=${SSH_KEY:-$HOME/.ssh/id_ed25519.pub}
if [ ! -r "$key" ]; then
    echo "no key at $key: make one by ssh-keygen -t ed25519, or set SSH_KEY" >&2
    exit 1
fi

az group create --name "$group" --location "$location" --output none
az deployment group create --resource-group "$group" --name chainermn \
    --template-file azuredeploy.json --parameters @azuredeploy.parameters.json \
    --parameters sshPublicKey="$(cat "$key")" "$@" --output none
login=$(az deployment group show --resource-group "$group" --name chainermn --query properties.outputs.login.value --output tsv)
cat <<END
The first node answers now; the environment is ready when this says so: $login cloud-init status --wait
Then, on it:
    mpiexec --hostfile hosts -n 4 ~/venv/bin/python train_mnist.py
When you are done: az group delete --name $group
END
