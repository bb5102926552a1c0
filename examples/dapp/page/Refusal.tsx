import { AmbitError } from '../../../src/errors.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { ServiceError } from './services.ts'
import { money } from './words.ts'

/** Why there is no grant, and what to do about it. */
export function Refusal({ config, error }: { config: ExampleConfig; error: unknown }) {
  const { title, fix, code, details } = partsOf(error)
  const amounts = details['what'] !== undefined && AMOUNTS.has(details['what'])
  return (
    <section className="refusal" role="alert" data-testid="refusal" data-code={code}>
      <h2>{title}</h2>
      <p>
        {fix} <code>{code}</code>
      </p>
      {Object.keys(details).length > 0 && (
        <table className="table">
          <tbody>
            {Object.entries(details).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{amounts && /^\d+$/.test(value) ? money(BigInt(value), config) : value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** Members of a permission that are amounts of the token. */
const AMOUNTS: ReadonlySet<string> = new Set(['periodAmount', 'allowanceAmount'])

type Parts = { title: string; fix: string; code: string; details: Readonly<Record<string, string>> }

function partsOf(error: unknown): Parts {
  if (error instanceof AmbitError) {
    const { shortMessage: title, fix, code } = error
    const details = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]))
    return { title, fix, code, details }
  }
  if (error instanceof ServiceError) return { title: error.message, fix: error.fix, code: error.code, details: {} }
  return { title: 'Something else went wrong.', fix: 'Try again, or reload the page.', code: 'unknown', details: {} }
}
