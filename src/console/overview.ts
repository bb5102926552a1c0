import { html } from './html.ts'
import type { PageModule } from './page.ts'

/** What stands open, under whom, and how much of it is left. */
export const overview: PageModule = {
  label: 'Overview',
  path: '/',
  routes: [
    {
      method: 'get',
      path: '/',
      async show({ source }) {
        const { grants } = await source.grants.overview()
        return {
          title: 'Overview',
          body: html`<ul>${grants.map(({ id }) => html`<li><a href="/grants/${id}">${id}</a></li>`)}</ul>`,
        }
      },
    },
  ],
}
