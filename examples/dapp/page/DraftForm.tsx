import type { ExampleConfig } from '../server/wire.ts'
import { type Draft, LIFETIMES } from './draft.ts'
import { short } from './words.ts'

type Hex = `0x${string}`

/** The four questions: how much, to whom, until when, what for. */
export function DraftForm(properties: {
  config: ExampleConfig
  draft: Draft
  trouble: string | undefined
  onChange: (draft: Draft) => void
}) {
  const { config, draft, trouble, onChange } = properties
  const change = (part: Partial<Draft>) => onChange({ ...draft, ...part })
  return (
    <div className="draft">
      <div className="question">
        <label htmlFor="amount">How much a day?</label>
        <div className="amount">
          <input
            id="amount"
            data-testid="amount"
            inputMode="decimal"
            autoComplete="off"
            maxLength={20}
            value={draft.amount}
            aria-invalid={trouble !== undefined}
            aria-describedby="amount-hint"
            onChange={(event) => change({ amount: event.target.value })}
          />
          <span className="unit">{config.token.symbol} a day</span>
        </div>
        <p id="amount-hint" className={trouble === undefined ? 'hint' : 'hint trouble'} role={trouble && 'alert'}>
          {trouble ?? 'What is not spent in a day does not add up.'}
        </p>
      </div>

      <fieldset className="question">
        <legend>Only to whom?</legend>
        <div className="choices">
          {config.payees.map(({ name, address }, index) => (
            <label key={address} className="choice">
              <input
                type="checkbox"
                data-testid={`payee-${index}`}
                checked={draft.payees.includes(address)}
                onChange={() => change({ payees: toggled(draft.payees, address) })}
              />
              <span className="choice-name">{name}</span>
              <span className="address">{short(address)}</span>
            </label>
          ))}
        </div>
        {draft.payees.length === 0 && (
          <p className="hint trouble" role="alert">
            Choose at least one.
          </p>
        )}
      </fieldset>

      <fieldset className="question">
        <legend>For how long?</legend>
        <div className="segments">
          {LIFETIMES.map(({ days, label }) => (
            <label key={days} className="segment">
              <input
                type="radio"
                name="lifetime"
                data-testid={`lifetime-${days}`}
                checked={draft.days === days}
                onChange={() => change({ days })}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>

      <div className="question">
        <label htmlFor="purpose">What for?</label>
        <input
          id="purpose"
          data-testid="purpose"
          className="text"
          autoComplete="off"
          maxLength={120}
          value={draft.purpose}
          aria-describedby="purpose-hint"
          onChange={(event) => change({ purpose: event.target.value })}
        />
        <p id="purpose-hint" className="hint">
          Your wallet shows it to you. It binds nobody; the limits above do.
        </p>
      </div>
    </div>
  )
}

function toggled(payees: readonly Hex[], payee: Hex): readonly Hex[] {
  return payees.includes(payee) ? payees.filter((other) => other !== payee) : [...payees, payee]
}
