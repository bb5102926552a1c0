import { formatInstant } from '../../primitives/time.ts'
import type { Statement } from '../../receipt/statement.ts'
import type { Command, Data } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { issuerKeySet } from '../issuer.ts'
import { Journal } from '../journal.ts'
import { facts, lines, table, untrusted } from '../output.ts'
import { warnOfOwed } from '../stopReceipts.ts'

const REFERENCE = { name: 'receipt', description: 'number, or beginning of an id' }

export const receiptsLs: Command = {
  name: 'receipts ls',
  summary: 'List the receipts of this machine',
  options: [{ flags: '--kind <kind>', description: 'only grant, decision, outcome or revocation' }],
  examples: ['ambit receipts ls', 'ambit receipts ls --kind decision --json'],
  async run(context) {
    const journal = new Journal(context)
    warnOfOwed(context)
    const kind = context.options['kind'] as string | undefined
    const rows = []
    for (const entry of journal.entries()) {
      const statement = await journal.statement(entry)
      if (kind !== undefined && statement.kind !== kind) continue
      rows.push({
        seq: entry.seq,
        id: entry.id,
        kind: statement.kind,
        issuedAt: formatInstant(BigInt(statement.iat)),
        grant: statement.grant.id,
        says: headline(statement),
      })
    }
    return {
      data: { receipts: rows },
      text:
        rows.length === 0
          ? lines('No receipts.')
          : table(
              ['#', 'KIND', 'ISSUED', 'GRANT', 'SAYS', 'ID'],
              rows.map(({ seq, id, kind: what, issuedAt, grant, says }) => [
                String(seq),
                what,
                issuedAt,
                grant.slice(0, 10),
                says,
                id.slice(0, 12),
              ]),
            ),
    }
  },
}

export const receiptsShow: Command = {
  name: 'receipts show',
  summary: 'Show what one receipt says, and what it does not prove',
  arguments: [REFERENCE],
  examples: ['ambit receipts show 3', 'ambit receipts show ym7Jcf6H --json'],
  async run(context) {
    const journal = new Journal(context)
    const entry = journal.find(context.args[0] ?? '')
    const statement = await journal.statement(entry)
    const { LIMITS } = await import('../../receipt/codes.ts')
    const reason = 'intent' in statement ? statement.intent.reason : undefined
    return {
      data: { id: entry.id, file: entry.path, statement: statement as unknown as Data },
      text: lines(
        facts([
          ['receipt', entry.id],
          ['number', String(entry.seq)],
          ['kind', statement.kind],
          ['says', headline(statement)],
          ['issued', `${formatInstant(BigInt(statement.iat))} by ${statement.iss}`],
          ['principal', statement.principal],
          ['agent', statement.agent],
          ['grant', statement.grant.id],
          reason === undefined ? undefined : ['reason given', untrusted(reason)],
          ...statement.claims.map(({ path, basis }): [string, string] => [path, `by ${basis}`]),
          ...statement.limits.map((limit): [string, string] => ['not proven', LIMITS[limit]]),
        ]),
        'Not checked here: `ambit verify` does that.',
      ),
    }
  },
}

export const receiptsExport: Command = {
  name: 'receipts export',
  summary: 'Print receipts as bundles, one a line, to hand to somebody',
  arguments: [
    {
      ...REFERENCE,
      name: 'receipts',
      description: 'numbers or beginnings of ids; all where none is given',
      optional: true,
      variadic: true,
    },
  ],
  examples: ['ambit receipts export > receipts.jsonl', 'ambit receipts export 2 3 > two.jsonl'],
  async run(context) {
    const journal = new Journal(context)
    warnOfOwed(context)
    const entries =
      context.args.length === 0 ? journal.entries() : context.args.map((reference) => journal.find(reference))
    const texts = entries.map((entry) => journal.text(entry))
    return { data: { receipts: texts }, text: texts.join('') }
  },
}

export const receiptsKeys: Command = {
  name: 'receipts keys',
  summary: 'Print the public keys that verify the receipts of this machine',
  examples: ['ambit receipts keys > issuer.json'],
  async run(context) {
    const keys = await issuerKeySet(context.home())
    if (keys === undefined) {
      throw new CliError('cli.not_found', EXIT.usage, 'This machine has not issued a receipt yet.', {
        fix: 'Its key is made with the first receipt: grant or redeem something first.',
      })
    }
    return { data: keys as unknown as Data, text: `${JSON.stringify(keys)}\n` }
  },
}

function headline(statement: Statement): string {
  switch (statement.kind) {
    case 'grant':
      return 'granted'
    case 'ticket':
      return `request ${statement.ticket.number} taken in, to be decided by ${formatInstant(BigInt(statement.ticket.decideBy))}`
    case 'decision': {
      const { verdict } = statement
      if (verdict.result === 'escalated') return `escalated to ${verdict.confirmer}`
      if (verdict.result !== 'allowed') return `${verdict.result}: ${verdict.code}`
      return `allowed by rule ${[...new Set(verdict.rules ?? [verdict.rule])].join(', ')}`
    }
    case 'outcome':
      return statement.outcome.status
    case 'revocation':
      return 'block' in statement.revocation ? 'revoked on chain' : `${statement.revocation.act} (local)`
  }
}
