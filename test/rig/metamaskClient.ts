/** One permission asked by MetaMask's own client of our wallet, for whoever watches the connections of this process. */
import { createWalletClient, custom } from 'viem'
import { createDevWallet, startLocalChain } from '../../src/testing/index.ts'

process.env['DO_NOT_TRACK'] = '1'
const { erc7715ProviderActions } = await import('@metamask/delegation-toolkit/actions')

const chain = await startLocalChain()
const [principal, agent] = chain.accounts
const { provider } = createDevWallet({ ...chain, accounts: [principal] })
const client = createWalletClient({ transport: custom(provider) }).extend(erc7715ProviderActions())
await client.requestAddresses()
const [answer] = await client.requestExecutionPermissions([
  {
    chainId: chain.chainId,
    to: agent.address,
    permission: {
      type: 'erc20-token-allowance',
      isAdjustmentAllowed: false,
      data: { tokenAddress: chain.token.address, allowanceAmount: 1n },
    },
  },
])
console.log(answer?.permission.type)
await chain.stop()
