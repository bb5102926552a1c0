import type { Attempt, ExampleConfig } from '../server/wire.ts'
import { clock, money, nameOf, short } from './words.ts'

/** What the agent asked for and what became of it: what was refused as large as what was paid. Newest first. */
export function Attempts({ attempts, config }: { attempts: readonly Attempt[]; config: ExampleConfig }) {
  if (attempts.length === 0) return <p className="hint">{config.agent.name} has not asked for anything yet.</p>
  return (
    <ol className="attempts" data-testid="attempts" aria-live="polite">
      {attempts.toReversed().map((attempt) => (
        <OneAttempt key={attempt.id} attempt={attempt} config={config} />
      ))}
    </ol>
  )
}

function OneAttempt({ attempt, config }: { attempt: Attempt; config: ExampleConfig }) {
  const { at, to, amount, reason, result } = attempt
  const { status } = result
  return (
    <li className={`attempt ${status}`} data-testid="attempt" data-status={status}>
      <Mark status={status} />
      <div>
        <div className="attempt-head">
          <strong>
            {money(BigInt(amount), config)} to {nameOf(to, config.payees) ?? `a stranger, ${short(to)}`}
          </strong>
          <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
        </div>
        <p className="reason">“{reason}”</p>
        <Result result={result} config={config} />
      </div>
    </li>
  )
}

function Result({ result, config }: { result: Attempt['result']; config: ExampleConfig }) {
  switch (result.status) {
    case 'deciding':
      return <p className="result quiet-words">Being decided</p>
    case 'paid':
      return (
        <>
          <p className="result">Paid</p>
          <p className="detail quiet-words">
            Transaction <code title={result.transactionHash}>{short(result.transactionHash)}</code>
          </p>
        </>
      )
    case 'denied':
      return (
        <>
          <p className="result">Refused. {result.sentence}</p>
          <p className="detail">
            {result.left === null || result.limit === null
              ? 'Nothing was sent.'
              : `${money(BigInt(result.left), config)} of ${money(BigInt(result.limit), config)} are left. Nothing was sent.`}{' '}
            <code>{result.code}</code>
          </p>
        </>
      )
    case 'failed':
      return (
        <>
          <p className="result">Not paid. {result.message}</p>
          <p className="detail">
            <code>{result.code}</code>
          </p>
        </>
      )
  }
}

function Mark({ status }: { status: Attempt['result']['status'] }) {
  return (
    <svg viewBox="0 0 36 36" aria-hidden="true">
      <circle cx="18" cy="18" r="15" strokeDasharray={status === 'deciding' ? '6 6' : undefined} />
      {status === 'paid' && <path d="m11.5 18.5 4.5 4.5 9-9.5" />}
      {(status === 'denied' || status === 'failed') && <path d="m12.5 12.5 11 11m0-11-11 11" />}
    </svg>
  )
}
