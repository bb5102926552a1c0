import type { GrantView } from '../../../src/dapp/index.ts'

/** What the wallet granted beside what it was asked for. */
export function Differences({ differences }: { differences: GrantView['diff'] }) {
  if (differences.length === 0) {
    return (
      <p className="note good" data-testid="differences">
        Granted exactly as asked.
      </p>
    )
  }
  return (
    <table className="table" data-testid="differences">
      <caption>Granted otherwise than asked</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Asked</th>
          <th scope="col">Granted</th>
        </tr>
      </thead>
      <tbody>
        {differences.map(({ what, requested, granted, change }) => (
          <tr key={what} data-change={change}>
            <th scope="row">{what}</th>
            <td>{String(requested ?? 'none')}</td>
            <td>{String(granted ?? 'none')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
