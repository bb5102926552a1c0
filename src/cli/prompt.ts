import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { toPlain } from './output.ts'

/**
 * Questions, asked on stderr of a person at a terminal. Off a terminal, or with `--json`, each is a usage error that
 * names the flag which answers it: a script must never hang on a question nobody sees.
 */
export type Prompter = {
  readonly interactive: boolean
  /** A secret, not echoed. `flag` is what to give instead. */
  password(message: string, flag: string): Promise<string>
  confirm(message: string, flag: string): Promise<boolean>
}

export type PromptStreams = { stdin: NodeJS.ReadStream; stderr: NodeJS.WriteStream }

export function createPrompter(streams: PromptStreams, interactive: boolean): Prompter {
  return {
    interactive,
    async password(message, flag) {
      if (!interactive) throw missing(message, flag)
      const { password, isCancel } = await import('@clack/prompts')
      const answer = await password({ message: toPlain(message), input: streams.stdin, output: streams.stderr })
      if (isCancel(answer)) throw interrupted()
      return answer ?? ''
    },
    async confirm(message, flag) {
      if (!interactive) throw missing(message, flag)
      const { confirm, isCancel } = await import('@clack/prompts')
      const answer = await confirm({
        message: toPlain(message),
        initialValue: false,
        input: streams.stdin,
        output: streams.stderr,
      })
      if (isCancel(answer)) throw interrupted()
      return answer
    },
  }
}

export function interrupted(): CliError {
  return new CliError('cli.interrupted', EXIT.interrupted, 'Interrupted.', {
    fix: 'If something was being sent, look with `ambit receipts ls` and at the chain before trying again.',
    retry: 'reconcile',
  })
}

function missing(question: string, flag: string): CliError {
  return new CliError('cli.missing_option', EXIT.usage, 'This needs an answer, and there is no terminal to ask at.', {
    details: { question, flag },
    fix: `Give ${flag}.`,
  })
}
