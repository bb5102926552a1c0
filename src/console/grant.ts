import { isHex } from '../primitives/hex.ts'
import { nothingHere } from './errors.ts'
import { html } from './html.ts'
import type { PageModule } from './page.ts'

/** One grant: what it allows, what was used, and its end. */
export const grantPages: PageModule = {
  path: '/grants',
  routes: [
    {
      method: 'get',
      path: '/grants/:id',
      async show({ source, params }) {
        const { id = '' } = params
        const facts = isHex(id) && id.length === 66 ? await source.grants.grant(id) : undefined
        if (facts === undefined) throw nothingHere()
        return { title: facts.grant.scopes.at(-1)?.task.id ?? '', body: html`<p>${facts.standing.status}</p>` }
      },
    },
  ],
}
