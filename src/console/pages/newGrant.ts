import { type Question, questionsOf, type Template, templateNamed, templates } from '../../scope/templates/index.ts'
import { ConsoleError, nothingHere } from '../errors.ts'
import { csrfField } from '../form.ts'
import { type Html, html, say } from '../html.ts'
import type { ActContext, Answer, PageContext, PageModule, View } from '../page.ts'
import type { GrantingSource, Issue, Proposed } from '../source.ts'
import { readAnswers } from '../walletForm.ts'
import { proposalPage } from './proposal.ts'

/** Issues that are listed; the first are worth the most. */
const MAX_ISSUES = 12
/** Longest scope file, bytes. */
const MAX_FILE = 262_144
/** Characters of an answer that are given back to be mended. */
const MAX_ANSWER = 2_000

/** A new grant: from a template's questions or a scope file, shown as what it would permit, signed by a wallet. */
export const newGrantPages: PageModule = {
  label: 'New grant',
  path: '/new',
  available: ({ granting }) => granting !== undefined,
  routes: [
    { method: 'get', path: '/new', show: choose },
    { method: 'post', path: '/new', maxBytes: MAX_FILE + 65_536, act: upload },
    { method: 'get', path: '/new/template/:name', show: async (context) => form(context, templateOf(context), {}, []) },
    { method: 'post', path: '/new/template/:name', act: fill },
    { method: 'get', path: '/new/proposal/:id', show: proposal },
    { method: 'post', path: '/new/proposal/:id', act: sign },
  ],
}

async function choose(context: PageContext): Promise<View> {
  return {
    title: 'A new grant',
    lead: html`What an agent may do, for how much and until when, on the chain ${sourceOf(context).chain.name}. You see what the chain will hold before anything is signed.`,
    body: html`<h2>Start from a template</h2><div class="grid">${templates.map(
      ({ name, title, summary, lowering }) =>
        html`<section class="card"><h3><a href="/new/template/${name}">${title}</a></h3><p>${summary}</p>${lowering === 'fused' && html`<p class="quiet">Held by Ambit’s enforcer.</p>`}</section>`,
    )}</div>
<h2>Or from a scope file</h2>${uploadForm(context)}`,
  }
}

function uploadForm(context: PageContext): Html {
  return html`<form class="card" method="post" action="/new" enctype="multipart/form-data">${csrfField(context)}
<label for="scope">Scope</label><input id="scope" name="scope" type="file" required accept=".json,application/json">
<div class="actions"><button class="primary">Read it</button></div></form>`
}

async function upload(context: ActContext): Promise<Answer> {
  const text = await context.form.file('scope')
  if (text === undefined) {
    throw new ConsoleError('console.bad_form', 'No file was chosen.', { fix: 'Choose a scope file.' })
  }
  return proposed(await sourceOf(context).fromDocument(text), (issues) => ({
    title: 'This scope is refused',
    kicker: html`<a href="/new">New grant</a>`,
    body: html`${issueList(issues)}${uploadForm(context)}`,
  }))
}

async function fill(context: ActContext): Promise<Answer> {
  const template = templateOf(context)
  const answers = Object.fromEntries(questionsOf(template).map(({ name }) => [name, context.form.text(name)]))
  const made = await sourceOf(context).fromTemplate(template.name, answers)
  return proposed(made, (issues) => form(context, template, answers, issues))
}

function proposed(made: Proposed, refused: (issues: readonly Issue[]) => View): Answer {
  return 'proposal' in made ? { redirect: `/new/proposal/${made.proposal}` } : refused(made.issues)
}

function form(
  context: PageContext,
  template: Template,
  answers: Readonly<Record<string, string>>,
  issues: readonly Issue[],
): View {
  const questions = questionsOf(template)
  const names = new Set(questions.map(({ name }) => name))
  const others = issues.filter((issue) => !names.has(questionAt(issue)))
  return {
    title: template.title,
    kicker: html`<a href="/new">New grant</a>`,
    lead: html`${template.summary}`,
    body: html`${issues.length > 0 && html`<p class="card notice bad" role="alert">${issues.length === 1 ? 'One answer does' : `${issues.length} answers do`} not fit yet.</p>`}${others.length > 0 && issueList(others)}
<form class="card" method="post" action="/new/template/${template.name}">${csrfField(context)}
${questions.map((question) =>
  field(
    question,
    answers[question.name] ?? '',
    issues.filter((issue) => questionAt(issue) === question.name),
  ),
)}
<div class="actions"><button class="primary">Show what it permits</button></div></form>
<p class="quiet">Accounts are addresses, or names of this machine’s accounts. Nothing is signed on this page.</p>`,
  }
}

function questionAt({ pointer }: Issue): string {
  return pointer.split('/')[1] ?? ''
}

function field(question: Question, answer: string, issues: readonly Issue[]): Html {
  const { name, ask, kind, choices, optional, default: otherwise } = question
  const given = answer.slice(0, MAX_ANSWER)
  const wrong = issues.length > 0
  const attributes = html` id="${name}" name="${name}"${wrong && html` aria-invalid="true" aria-describedby="${name}-issue"`}${optional !== true && otherwise === undefined && html` required`}`
  const input =
    kind === 'choice'
      ? html`<select${attributes}>${(choices ?? []).map((choice) => html`<option${choice === (given || otherwise) && html` selected`}>${choice}</option>`)}</select>`
      : kind === 'accounts'
        ? html`<textarea rows="2" class="short"${attributes} spellcheck="false">${given}</textarea>`
        : html`<input${attributes} value="${given}" placeholder="${otherwise ?? ''}" autocomplete="off"${(kind === 'amount' || kind === 'count') && html` inputmode="decimal"`}${kind !== 'text' && html` spellcheck="false"`}>`
  return html`<label for="${name}">${ask}${optional === true && html` <span class="quiet">(optional)</span>`}</label>${input}
${wrong && html`<p class="bad-text" id="${name}-issue">${issues.map(({ message, fix }) => html`${message} ${say(fix, 200)} `)}</p>`}`
}

function issueList(issues: readonly Issue[]): Html {
  return html`<section class="card notice bad" role="alert"><ul>${issues
    .slice(0, MAX_ISSUES)
    .map(
      ({ code, pointer, message, fix, value }) =>
        html`<li><strong>${message}</strong> ${say(fix, 300)} <span class="quiet"><code>${say(pointer, 120)}</code>${value !== undefined && html` ${say(String(value), 120)}`} <code>${code}</code></span></li>`,
    )}</ul>${issues.length > MAX_ISSUES && html`<p class="quiet">and ${issues.length - MAX_ISSUES} more</p>`}</section>`
}

async function proposal(context: PageContext): Promise<View> {
  const source = sourceOf(context)
  const found = await source.proposal(idOf(context))
  if (found === undefined) throw nothingHere()
  return proposalPage(context, source, found)
}

async function sign(context: ActContext): Promise<Answer> {
  const source = sourceOf(context)
  const id = idOf(context)
  const found = await source.proposal(id)
  if (found === undefined) throw nothingHere()
  const signatures = readAnswers(context.form.text('answers')) ?? []
  if (signatures.length !== found.delegations.length) {
    throw new ConsoleError('console.bad_form', 'The wallet did not sign all of it.', {
      details: { signed: signatures.length, wanted: found.delegations.length },
      fix: 'Go back, reload the page and sign each of them.',
    })
  }
  const grant = await source.accept(id, signatures)
  return { redirect: `/grants/${grant}` }
}

function idOf({ params }: PageContext): string {
  const { id = '' } = params
  return /^[0-9a-f]{32}$/.test(id) ? id : ''
}

function templateOf({ params }: PageContext): Template {
  const { name = '' } = params
  if (!templates.some((template) => template.name === name)) throw nothingHere()
  return templateNamed(name)
}

function sourceOf({ source: { granting } }: PageContext): GrantingSource {
  if (granting === undefined) throw nothingHere()
  return granting
}
