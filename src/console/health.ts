import { type Html, html, say } from './html.ts'
import type { PageModule } from './page.ts'
import type { HealthCheck } from './source.ts'

/** What `ambit doctor` says. */
export const health: PageModule = {
  label: 'Health',
  path: '/health',
  routes: [
    {
      method: 'get',
      path: '/health',
      async show({ source }) {
        const checks = await source.health.checks()
        return { title: 'Health', body: html`<ul>${checks.map(row)}</ul>` }
      },
    },
  ],
}

function row({ check, status, found }: HealthCheck): Html {
  return html`<li>${status}: ${say(check)}, ${say(found)}</li>`
}
