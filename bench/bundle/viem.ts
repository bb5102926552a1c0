import { createPublicClient, createWalletClient, custom, type EIP1193Provider, http } from 'viem'

/** A page that has a wallet and a node of its own, and asks for nothing yet. */
const { ethereum } = globalThis as unknown as { ethereum: EIP1193Provider }
export const page = {
  publicClient: createPublicClient({ transport: http() }),
  walletClient: createWalletClient({ transport: custom(ethereum) }),
}

// A bundler keeps what somebody could look at.
Object.assign(globalThis, { page })
