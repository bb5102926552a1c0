import { grantPages } from './grant.ts'
import { health } from './health.ts'
import { overview } from './overview.ts'
import type { PageModule } from './page.ts'
import { escalationPages } from './pages/escalations.ts'
import { newGrantPages } from './pages/newGrant.ts'
import { receiptPages } from './pages/receipts.ts'

/** Every page, in the order of the navigation. */
export const pages: readonly PageModule[] = [overview, grantPages, escalationPages, receiptPages, newGrantPages, health]
