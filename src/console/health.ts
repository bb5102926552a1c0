import { type Html, html, say } from './html.ts'
import type { PageModule } from './page.ts'
import type { HealthCheck } from './source.ts'

const MARK = {
  ok: { words: 'Good', badge: 'live' },
  warning: { words: 'Warning', badge: 'warn' },
  fail: { words: 'Failed', badge: 'ended' },
} as const

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
        return {
          title: headline(checks),
          lead: html`What <code>ambit doctor</code> looks at: this machine, and the chain where one is open.`,
          body: html`<div class="card scroll"><table><thead><tr><th scope="col">Check</th><th scope="col">State</th><th scope="col">Found</th></tr></thead>
<tbody>${checks.map(row)}</tbody></table></div>`,
        }
      },
    },
  ],
}

function headline(checks: readonly HealthCheck[]): string {
  const failed = checks.filter(({ status }) => status === 'fail').length
  const warned = checks.filter(({ status }) => status === 'warning').length
  if (failed > 0) return failed === 1 ? 'One check failed' : `${failed} checks failed`
  if (warned > 0) return warned === 1 ? 'One warning' : `${warned} warnings`
  return 'All is well'
}

function row({ check, status, found, fix }: HealthCheck): Html {
  const { words, badge } = MARK[status]
  return html`<tr><th scope="row">${say(check, 60)}</th><td><span class="badge ${badge}">${words}</span></td><td>${say(found)}${fix !== undefined && html`<p class="quiet"><strong>Fix:</strong> ${say(fix)}</p>`}</td></tr>`
}
