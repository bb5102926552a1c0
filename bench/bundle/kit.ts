import { erc7715ProviderActions } from '@metamask/delegation-toolkit/actions'
import { page } from './viem.ts'

/** The same with the kit's wallet actions alone: they ask, and neither compare, verify nor describe the answer. */
Object.assign(page, { walletClient: page.walletClient.extend(erc7715ProviderActions()) })
