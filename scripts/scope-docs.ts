/** Renders what docs/scope.md and docs/scope.schema.json say of a scope, from its one definition in src/scope. */
import { z } from 'zod'
import { scopeJsonSchema } from '../src/scope/hash.ts'
import { PermissionRequestDocument } from '../src/scope/permissionRequest.ts'
import { RarCall, RarTransfer } from '../src/scope/rar.ts'

export type JsonSchema = {
  [keyword: string]: unknown
  $ref?: string
  $defs?: Record<string, JsonSchema>
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  propertyNames?: JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  const?: unknown
  enum?: unknown[]
  description?: string
  examples?: unknown[]
}

/** One place of a document: a value, or something made of values. */
export type Field = {
  /** JSON pointer; `*` for every key and every index. */
  path: string
  /** In words; a name is one of the forms that have a table of their own. */
  form: string
  description: string
  required: boolean
  /** Whether a source may stand beside the value. */
  sourced: boolean
  unit?: string
  example?: unknown
  errors: readonly string[]
}

/** The file docs/scope.schema.json. */
export function schemaFile(): string {
  return `${JSON.stringify({ title: 'Ambit task scope, version 1', ...scopeJsonSchema() }, null, 2)}\n`
}

/** The parts of docs/scope.md, by the name of their marks. */
export function scopeParts(example: string): Record<string, string> {
  const root = scopeJsonSchema() as JsonSchema
  const fields = fieldsOf(root)
  return {
    example: `\`\`\`json\n${example.trim()}\n\`\`\``,
    fields: GROUPS.map(({ title, path }) =>
      section(
        title,
        fields.filter((field) => groupOf(field.path) === path),
      ),
    ).join('\n\n'),
    forms: formsTable(root),
    rar: [['A rule of the class `transfer`', RarTransfer] as const, ['A rule of the class `call`', RarCall] as const]
      .map(([title, schema]) => section(title, topOf(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema)))
      .join('\n\n'),
    permission: permissionTable(),
  }
}

/** Every field of the schema, depth first, in its order. */
export function fieldsOf(root: JsonSchema, schema: JsonSchema = root, path = ''): Field[] {
  const { core, sourced } = withoutSource(schema)
  const node = resolve(root, core)
  const inner = [
    ...Object.entries(node.properties ?? {}).flatMap(([key, member]) => {
      const required = node.required?.includes(key) === true
      return rows(root, member, `${path}/${key}`, required)
    }),
    ...(typeof node.additionalProperties === 'object' ? rows(root, node.additionalProperties, `${path}/*`, false) : []),
    ...(node.items === undefined ? [] : rows(root, node.items, `${path}/*`, false)),
    ...(sourced
      ? []
      : [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((branch) => fieldsOf(root, branch, path))),
  ]
  return distinct(inner)
}

/** Codes that reading any value can end in: its shape, and its source. */
export const COMMON_CODES = [
  'scope.missing_field',
  'scope.unknown_field',
  'scope.wrong_type',
  'scope.malformed_value',
  'scope.out_of_range',
  'scope.agent_sourced',
  'scope.conflicting_provenance',
] as const

function rows(root: JsonSchema, schema: JsonSchema, path: string, required: boolean): Field[] {
  const { core, sourced } = withoutSource(schema)
  const node = resolve(root, core)
  const unit = schema['x-unit'] ?? node['x-unit']
  const [example] = schema.examples ?? []
  return [
    {
      path,
      form: formOf(root, core),
      description: schema.description ?? node.description ?? '',
      required,
      sourced,
      ...(typeof unit === 'string' && { unit }),
      ...(example !== undefined && { example }),
      errors: [...new Set([...codesOf(root, schema), ...codesOf(root, core)])],
    },
    ...fieldsOf(root, schema, path),
  ]
}

/** Codes of a schema, of the form it names, and of the forms it is one of. */
function codesOf(root: JsonSchema, schema: JsonSchema): string[] {
  const node = resolve(root, schema)
  const forms = (node.anyOf ?? []).filter(({ $ref }) => $ref !== undefined)
  return [...((node['x-errors'] as string[] | undefined) ?? []), ...forms.flatMap((branch) => codesOf(root, branch))]
}

/** The same path in several branches of a union: one row, with what each of them says. */
function distinct(fields: readonly Field[]): Field[] {
  const out = new Map<string, Field>()
  for (const field of fields) {
    const before = out.get(field.path)
    if (before === undefined) out.set(field.path, field)
    else
      out.set(field.path, {
        ...before,
        description: [...new Set([before.description, field.description])].join(' '),
        form: union([before.form, field.form]),
        errors: [...new Set([...before.errors, ...field.errors])],
      })
  }
  return [...out.values()]
}

/** What stands where a value may carry its source, without the source. */
function withoutSource(schema: JsonSchema): { core: JsonSchema; sourced: boolean } {
  const branches = schema.anyOf ?? []
  const others = branches.filter(({ properties }) => !(properties?.['value'] && properties['source']))
  if (others.length === branches.length) return { core: schema, sourced: false }
  const [only, ...more] = others
  return { core: only !== undefined && more.length === 0 ? only : { ...schema, anyOf: others }, sourced: true }
}

function resolve(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : { ...root.$defs?.[name], ...schema }
}

function formOf(root: JsonSchema, schema: JsonSchema): string {
  const { core } = withoutSource(schema)
  if (core.$ref !== undefined) return core.$ref.split('/').at(-1) ?? ''
  if (core.const !== undefined) return `\`${String(core.const)}\``
  if (core.enum !== undefined) return core.enum.map((value) => `\`${String(value)}\``).join(' or ')
  const branches = core.anyOf ?? core.oneOf
  if (branches !== undefined) return union(branches.map((branch) => formOf(root, branch)))
  if (core.type === 'array')
    return `list of ${formOf(root, core.items ?? {})}${range(core['minItems'], core['maxItems'], ', ')}`
  if (core.type === 'string') {
    return core['pattern'] === undefined
      ? `text${range(core['minLength'], core['maxLength'], ' of ', ' characters')}`
      : `text, \`${String(core['pattern']).replaceAll('|', '\\|')}\``
  }
  if (core.type === 'integer') return `integer${range(core['minimum'], core['maximum'], ' from ')}`
  return core.type ?? 'object'
}

function union(forms: readonly string[]): string {
  return [...new Set(forms.flatMap((form) => form.split(' or ')))].join(' or ')
}

function range(min: unknown, max: unknown, before: string, after = ''): string {
  if (min === undefined && max === undefined) return ''
  const bounds = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`
  return `${before}${min === max ? `exactly ${min}` : bounds}${after}`
}

const GROUPS = [
  { title: 'Who, what for, where', path: '' },
  { title: 'Rules', path: 'rules' },
  { title: 'Conditions on arguments', path: 'args' },
  { title: 'Budgets and calls', path: 'budgets' },
  { title: 'Times', path: 'times' },
  { title: 'Handing on and ending', path: 'ending' },
  { title: 'Escalation', path: 'escalation' },
  { title: 'Evidence and facts', path: 'evidence' },
] as const

function groupOf(path: string): (typeof GROUPS)[number]['path'] {
  if (path.startsWith('/rules/*/args/*')) return 'args'
  const [, first = ''] = path.split('/')
  if (first === 'rules' || first === 'escalation') return first
  if (first === 'budgets' || first === 'calls') return 'budgets'
  if (first === 'notBefore' || first === 'expiry') return 'times'
  if (first === 'redelegation' || first === 'revocation') return 'ending'
  return first === 'evidence' || first === 'assets' || first === 'provenance' ? 'evidence' : ''
}

function section(title: string, fields: readonly Field[]): string {
  const lines = fields.map(({ path, form, description, required, unit, example, errors }) => {
    const what = [
      description,
      unit === undefined ? '' : `In ${unit}.`,
      example === undefined ? '' : `\`${JSON.stringify(example)}\``,
    ]
    const codes = errors.map((code) => `\`${code.replace('scope.', '')}\``).join(' ')
    const cells = [
      `\`${path}\`${required || path.endsWith('*') ? '' : ' ?'}`,
      form,
      what.filter(Boolean).join(' '),
      codes,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [`### ${title}`, '', '| Field | Form | What | Errors `scope.` |', '|---|---|---|---|', ...lines].join('\n')
}

function topOf(root: JsonSchema): Field[] {
  return Object.entries(root.properties ?? {}).flatMap(([key, member]) => {
    const required = root.required?.includes(key) === true
    return rows(root, member, `/${key}`, required).slice(0, 1)
  })
}

function formsTable(root: JsonSchema): string {
  const lines = Object.entries(root.$defs ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const { pattern } = schema
      const form = typeof pattern === 'string' ? `\`${pattern.replaceAll('|', '\\|')}\`` : formOf(root, schema)
      const example = schema.examples?.[0] === undefined ? '' : ` \`${JSON.stringify(schema.examples[0])}\``
      const codes = codesOf(root, schema).map((code) => `\`${code.replace('scope.', '')}\``)
      return `| ${name} | ${form} | ${schema.description ?? ''}${example} | ${codes.join(' ')} |`
    })
  return ['| Form | Is | What | Errors `scope.` |', '|---|---|---|---|', ...lines].join('\n')
}

function permissionTable(): string {
  const root = z.toJSONSchema(PermissionRequestDocument, { io: 'input' }) as JsonSchema
  const types = root.properties?.['permission']?.oneOf ?? []
  const lines = types.map(({ properties = {} }) => {
    const data = properties['data'] ?? {}
    const members = Object.keys(data.properties ?? {}).map(
      (key) => `\`${key}\`${data.required?.includes(key) ? '' : ' ?'}`,
    )
    return `| \`${String(properties['type']?.const)}\` | ${members.join(', ')} |`
  })
  return ['| Permission | Data |', '|---|---|', ...lines].join('\n')
}
