import type { Address } from '../../primitives/hex.ts'
import { formatInstant } from '../../primitives/time.ts'
import type { Scope } from '../../scope/types.ts'
import type { Action } from '../../verdict/types.ts'
import type { Command, Context, Data } from '../command.ts'
import { CliError, KeyError } from '../errors.ts'
import { leaveEscalation } from '../escalations.ts'
import { EXIT } from '../exit.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { openGrant } from '../openGrant.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { attempt, judge, lockSender, settleEarlier } from '../redeemFlow.ts'
import { confirmData, REQUEST_OPTIONS, redeemerOf, requestToConfirm, withRequest } from '../requesting.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'
import { assertGenuine } from '../trustGrant.ts'
import { outcomeData, outcomeFailure, renderVerdict, verdictFailure } from '../verdictText.ts'

export const redeem: Command = {
  name: 'redeem',
  summary: 'Act under a grant: decide, leave a receipt, send once, follow the outcome',
  description:
    'A denial exits 3 with the verdict, an escalation or an open outcome 5, a failed one 6. What escalates waits in `ambit escalations`. Where the grant names a request key, --account only submits what --request-key signs. `transfer` takes --to and --amount, `call` takes --function and --args.',
  arguments: [
    { name: 'grant', description: 'file, id, beginning of an id, task, or -' },
    { name: 'action', description: 'transfer or call' },
  ],
  options: [
    { flags: '--to <account>', description: 'transfer: who is paid' },
    { flags: '--amount <amount>', description: 'transfer: display units, for example 1.20' },
    { flags: '--token <token>', description: 'transfer: address, native or USDC, where the grant has several' },
    { flags: '--function <signature>', description: 'call: "function pay(address to, uint256 amount)"' },
    { flags: '--args <values...>', description: 'call: arguments in order; arrays and structs as JSON' },
    { flags: '--target <account>', description: 'call: the contract, where the grant has several' },
    { flags: '--value <wei>', description: 'call: native coin sent along, wei' },
    { flags: '--reason <text>', description: 'why, in the words of who asks; data in the receipt, decides nothing' },
    { flags: '--timeout <seconds>', description: 'how long to wait for the chain (default 60)' },
    {
      flags: '--dry-run',
      description: 'decide as if whoever has to sign had signed, and simulate; sign, send and record nothing',
    },
    ...REQUEST_OPTIONS,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit redeem invoices-2026-11 transfer --to local:vendor --amount 1.20 --account local:agent',
    'ambit redeem ./grant.json call --function "function vote(uint256 id)" --args 7 --rpc-url $RPC --account agent --dry-run',
  ],
  async run(context) {
    const [reference = '', kind = ''] = context.args
    if (kind !== 'transfer' && kind !== 'call') {
      throw new CliError('cli.usage', EXIT.usage, 'This kind of action is not known.', {
        details: { action: kind, known: ['transfer', 'call'] },
        fix: 'Give transfer or call.',
      })
    }
    const { grant, session } = await openGrant(context, reference)
    const scope = grant.scopes.at(-1) as Scope
    const dryRun = context.options['dryRun'] === true
    const signer = dryRun ? undefined : await loadSigner(context, session.choice)
    const redeemer = redeemerOf(grant, signer?.address.toLowerCase() as Address | undefined)
    const asked = await readAction(context, session, scope, { kind, redeemer })
    await session.freshen(0n)
    await assertGenuine(session, grant)
    if (signer === undefined) {
      const { verdict, signers } = await judge(context, session, grant, asked)
      const failure = verdictFailure(verdict)
      return {
        data: { dryRun: true, grant: grant.id, verdict: verdict as unknown as Data, signers },
        text: lines(
          await renderVerdict(verdict, scope, asked),
          facts([
            signers.key === null ? undefined : ['request', `to be signed by ${signers.key}`],
            signers.confirmer === null ? undefined : ['confirmation', `to be signed by ${signers.confirmer}`],
          ]),
          'Dry run: nothing was signed, sent or recorded.',
        ),
        ...(failure === undefined ? {} : { failure }),
      }
    }
    if (signer.address.toLowerCase() !== asked.redeemer) throw wrongSigner(asked.redeemer, signer.address)
    await lockSender(context, asked.redeemer)
    await settleEarlier(context, session, grant)
    const { action, requested, asker } = await withRequest(context, session, { grant, action: asked, signer })
    const { verdict, decision, sent, outcome, outcomeReceipt } = await attempt(context, session, {
      grant,
      action,
      signer,
      asker,
    })
    const failure = verdictFailure(verdict) ?? (outcome === undefined ? undefined : outcomeFailure(outcome))
    const confirming =
      verdict.verdict === 'escalate'
        ? await requestToConfirm(context, session, { grant, action, verdict, requested })
        : null
    const waiting =
      verdict.verdict === 'escalate'
        ? await leaveEscalation(context, {
            grant,
            action,
            verdict,
            request: confirming?.request ?? null,
            decision: decision?.id ?? '',
          })
        : undefined
    if (verdict.verdict === 'escalate' && waiting === undefined) {
      context.output.warn('Too many questions of this grant wait already: this one is not in the queue.')
    }
    return {
      data: {
        grant: grant.id,
        verdict: verdict as unknown as Data,
        request:
          action.request === undefined ? null : { number: action.request.number, deadline: action.request.deadline },
        confirm: confirmData(verdict, confirming),
        escalation: waiting === undefined ? null : { number: waiting.number, expires: waiting.expires },
        transactionHash: sent?.hash ?? null,
        outcome: outcome === undefined ? null : outcomeData(outcome),
        receipts: { decision: decision?.id ?? null, outcome: outcomeReceipt?.id ?? null },
      },
      text: lines(
        await renderVerdict(verdict, scope, action),
        facts([
          decision === undefined ? undefined : ['receipt', decision.id],
          waiting === undefined ? undefined : ['escalation', `#${waiting.number}, answered by ${waiting.confirmer}`],
          waiting === undefined ? undefined : ['until', formatInstant(waiting.expires)],
          sent === undefined ? undefined : ['transaction', sent.hash],
          outcome === undefined ? undefined : ['outcome', renderStatus(outcome.status)],
          outcomeReceipt === undefined ? undefined : ['receipt', outcomeReceipt.id],
        ]),
      ),
      ...(failure === undefined ? {} : { failure }),
    }
  },
}

async function readAction(
  context: Context,
  session: Session,
  scope: Scope,
  { kind, redeemer }: { kind: 'transfer' | 'call'; redeemer: Address },
): Promise<Action> {
  const { contractCall, transferCall, withAllowance } = await import('../action.ts')
  const call = kind === 'transfer' ? await transferCall(context, session, scope) : await contractCall(context, scope)
  const reason = context.options['reason'] as string | undefined
  return {
    chainId: session.choice.id,
    redeemer,
    calls: withAllowance(scope, call),
    ...(reason === undefined ? {} : { reason }),
  }
}

function wrongSigner(redeemer: Address, signer: string): KeyError {
  return new KeyError('key.wrong_signer', 'This key is not that of the delegate.', {
    details: { delegate: redeemer, signer },
    fix: 'Redeem with the account that the grant is for.',
  })
}

function renderStatus(status: string): Rich {
  if (status === 'executed') return styled('green', status)
  return styled(status === 'pending' || status === 'unknown' ? 'yellow' : 'red', status)
}
