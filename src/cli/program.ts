import { Command as Commander, Option } from 'commander'
import type { Command, OptionSpec, Options } from './command.ts'
import { groups } from './commands/index.ts'
import { version } from './version.ts'

export type Program = {
  commands: readonly Command[]
  write(text: string): void
  invoke(command: Command, args: readonly string[], options: Options): void
}

/** Options every command takes. */
const COMMON: readonly OptionSpec[] = [
  { flags: '--json', description: 'print one JSON object and nothing else on stdout' },
  { flags: '--quiet', description: 'no progress on stderr' },
  { flags: '--home <folder>', description: 'state folder (AMBIT_HOME; default ~/.local/share/ambit)' },
]

/** The command line, built from the definitions of its commands. Nothing heavy is loaded here. */
export async function buildProgram({ commands, write, invoke }: Program): Promise<Commander> {
  const root = prepare(new Commander('ambit'), write)
    .description('Bounded authority for AI agents, and proof of what was done with it.')
    .version(version(), '-V, --version', 'print the version')
  for (const option of COMMON) root.addOption(toOption(option))
  const folders = new Map<string, Commander>()
  for (const command of commands) {
    const words = command.name.split(' ')
    const last = words.pop() ?? command.name
    let parent = root
    for (const word of words) {
      const folder = folders.get(word) ?? prepare(parent.command(word), write).description(groups[word] ?? '')
      folders.set(word, folder)
      parent = folder
    }
    const leaf = prepare(parent.command(last), write).summary(command.summary)
    leaf.description([command.summary, command.description].filter(Boolean).join('\n\n'))
    for (const argument of command.arguments ?? []) {
      const name = argument.variadic ? `${argument.name}...` : argument.name
      leaf.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.description)
    }
    for (const option of [...(command.options ?? []), ...COMMON]) leaf.addOption(toOption(option))
    leaf.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  $ ${example}`).join('\n')}`)
    leaf.action(() => invoke(command, leaf.args, leaf.optsWithGlobals()))
  }
  return root
}

function prepare(command: Commander, write: (text: string) => void): Commander {
  return command
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write, getOutHasColors: () => false, getErrHasColors: () => false })
    .showSuggestionAfterError(true)
    .helpCommand(true)
    .allowExcessArguments(false)
}

function toOption({ flags, description, list }: OptionSpec): Option {
  const option = new Option(flags, description)
  if (list === true) {
    option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value])
  }
  return option
}
