import { AmbitError } from '../../../src/errors.ts'
import { ServiceError } from './services.ts'

/** Why there is no grant, and what to do about it. */
export function Refusal({ error }: { error: unknown }) {
  const { title, fix, code, details } = partsOf(error)
  return (
    <section className="refusal" role="alert" data-testid="refusal" data-code={code}>
      <h2>{title}</h2>
      <p>
        {fix} <code>{code}</code>
      </p>
      {details.length > 0 && (
        <table className="table">
          <tbody>
            {details.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function partsOf(error: unknown): { title: string; fix: string; code: string; details: [string, string][] } {
  if (error instanceof AmbitError) {
    const details = Object.entries(error.details).map(([name, value]): [string, string] => [name, String(value)])
    return { title: error.shortMessage, fix: error.fix, code: error.code, details }
  }
  if (error instanceof ServiceError) return { title: error.message, fix: error.fix, code: error.code, details: [] }
  return { title: 'Something else went wrong.', fix: 'Try again, or reload the page.', code: 'unknown', details: [] }
}
