import { grantPages } from './grant.ts'
import { health } from './health.ts'
import { overview } from './overview.ts'
import type { PageModule } from './page.ts'

/** Every page, in the order of the navigation. */
export const pages: readonly PageModule[] = [overview, grantPages, health]
