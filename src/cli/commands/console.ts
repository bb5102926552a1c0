import { isIP } from 'node:net'
import type { Command, Context } from '../command.ts'
import { openNamed, usage } from '../inspected.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { facts, lines, styled } from '../output.ts'
import { openResting } from '../restingSession.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'

/** Where it listens unless told otherwise: this machine alone. */
const LOOPBACK = '127.0.0.1'

export const consoleCommand: Command = {
  name: 'console',
  summary: 'Show the grants of this machine in a browser: what is left, receipts, stop, revoke, confirm, grant',
  description:
    'Serves pages on this machine until Ctrl-C. The address it prints works once, for ten minutes; the browser then holds the session. What must be signed for a principal or a confirmer, a browser wallet signs; with --account the console submits what was confirmed in it. With --chain local, and only there, the pages bring a demonstration wallet of their own that holds the accounts whose keys everybody has; that chain is up only while a page asks it, so other wallets that send transactions need a node of yours, and --rpc-url.',
  options: [
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
    { flags: '--port <number>', description: 'port to listen at (default: one that is free)' },
    {
      flags: '--host <address>',
      description: `address to listen at (default ${LOOPBACK}); any other lets other machines in`,
    },
  ],
  examples: ['ambit console --chain local', 'ambit console --chain base --rpc-url $RPC --port 7710'],
  async run(context) {
    const port = readPort(context)
    const hostname = readHost(context)
    const session = await openNamed(context, undefined, openResting)
    const { serveConsole } = await import('../../console/server.ts')
    const { homeSource } = await import('../console/source.ts')
    const { demoWalletOf } = await import('../console/demoWallet.ts')
    const served = await serveConsole({
      source: homeSource(context, session, { submitter: await submitterOf(context, session) }),
      port,
      hostname,
      now: context.now,
      random: context.random,
      ...(session?.choice.embedded === true ? { demoWallet: await demoWalletOf(session) } : {}),
      report: (error) => context.output.warn(`A page failed: ${String(error)}`),
    })
    context.defer(() => served.close())
    if (!/^(?:127\.|::1$)/.test(hostname)) {
      context.output.warn(
        `Other machines may reach ${served.origin}, unencrypted: whoever reads the traffic has the session.`,
      )
    }
    return {
      data: { url: served.url, origin: served.origin },
      text: lines(
        facts([
          ['console', styled('bold', served.url)],
          ['opens', 'once, within ten minutes'],
          session === undefined ? ['chain', 'not asked (give --chain or --rpc-url)'] : undefined,
          ['ends', 'with Ctrl-C'],
        ]),
      ),
      serves: true,
    }
  },
}

/** Only where an account is named: a key that happens to be in the environment submits nothing here. */
async function submitterOf({ options, ...context }: Context, session: Session | undefined) {
  if (session === undefined || (options['account'] ?? options['keystore']) === undefined) return undefined
  return loadSigner({ ...context, options }, session.choice)
}

function readPort(context: Context): number {
  const given = (context.options['port'] as string | undefined) ?? '0'
  const port = /^[0-9]{1,5}$/.test(given) ? Number(given) : 65_536
  if (port > 65_535) throw usage('This is not a port.', 'Give --port <0 to 65535>; 0 takes one that is free.')
  return port
}

function readHost(context: Context): string {
  const given = (context.options['host'] as string | undefined) ?? LOOPBACK
  // Of all addresses at once nobody could say under which names the console may be asked.
  if (isIP(given) === 0 || /^[0:.]*(?:ffff:)?[0:.]+$/i.test(given)) {
    throw usage('This is not an address to listen at.', 'Give --host <one IP address of this machine>.')
  }
  return given
}
