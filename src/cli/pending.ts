import type { Sent } from '../chain/send.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { SignedRequest } from '../receipt/request.ts'
import type { Redemption } from '../redemption/types.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'
import { toJson } from './output.ts'

/**
 * What was signed and not yet seen to the end: written down before the first byte leaves, removed when the outcome has its
 * receipt. After a crash it says where to look, so that nothing is sent a second time.
 */
export type Pending = {
  grant: Grant
  /** Id of the decision's receipt. */
  decision: string
  request: SignedRequest
  redemption: Redemption
  sent: Sent
}

const FOLDER = 'pending'

export function writePending(home: Home, pending: Pending): void {
  home.write(home.file(FOLDER, `${pending.sent.hash}.json`), `${toJson(pending)}\n`)
}

export function removePending(home: Home, transactionHash: Hex): void {
  home.remove(home.file(FOLDER, `${transactionHash}.json`))
}

/** Everything of this grant that is not settled. */
export function pendingOf(home: Home, grant: Hex): Pending[] {
  return home.list(FOLDER).flatMap((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    const pending = readPending(home.read(path) ?? '', path)
    return pending.grant.id === grant ? [pending] : []
  })
}

function readPending(text: string, path: string): Pending {
  try {
    const raw = parseJson(text) as unknown as Pending
    const { request, sent } = raw
    const big = (value: unknown) => BigInt(value as string)
    const carried = <signed extends { number: bigint; deadline: bigint }>(of: signed): signed => {
      return { ...of, number: big(of.number), deadline: big(of.deadline) }
    }
    return {
      ...raw,
      request: {
        ...request,
        request: {
          ...request.request,
          number: big(request.request.number),
          deadline: big(request.request.deadline),
          calls: request.request.calls.map((call) => ({ ...call, value: big(call.value) })),
          ...(request.request.request === undefined ? {} : { request: carried(request.request.request) }),
          ...(request.request.requestsAbove === undefined
            ? {}
            : {
                requestsAbove: Object.fromEntries(
                  Object.entries(request.request.requestsAbove).map(([hash, own]) => [hash, carried(own)]),
                ),
              }),
        },
      },
      sent: { ...sent, value: big(sent.value), nonce: big(sent.nonce), sinceBlock: big(sent.sinceBlock) },
    }
  } catch (cause) {
    throw new HomeError('home.damaged', 'A record of something sent cannot be read.', {
      details: { path },
      fix: 'Look at the file and at the chain; remove it only when you know what became of the transaction.',
      cause,
    })
  }
}
