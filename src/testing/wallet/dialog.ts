import type { Chain } from './context.ts'
import type { Answer, Confirm, Question } from './types.ts'
import { type Words, wordsOf } from './words.ts'

/**
 * Asks the person in a dialog of the page, in a shadow tree of its own so that no style or script selector of the page
 * reaches into it by accident. One question at a time. Closing it, or Escape, is a no.
 */
export function askInDialog(chains: ReadonlyMap<number, Chain>): Confirm {
  let last: Promise<unknown> = Promise.resolve()
  return (question) => {
    const answer = last.then(() => show(question, wordsOf(question, chains)))
    last = answer.catch(() => {})
    return answer
  }
}

function show(question: Question, words: Words): Promise<Answer> {
  const host = document.createElement('ambit-dev-wallet')
  const shadow = host.attachShadow({ mode: 'open' })
  // Not as an element: a page whose policy forbids inline styles is one that a wallet meets too.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE)
  shadow.adoptedStyleSheets = [sheet]
  const dialog = element('dialog', { 'aria-labelledby': 'title', 'aria-describedby': 'origin' }, [
    element('p', { class: 'brand' }, ['Dev wallet · test money only']),
    element('h2', { id: 'title' }, [words.title]),
    element('p', { id: 'origin' }, ['Asked by ', element('strong', {}, [question.origin])]),
    ...(words.sentence === undefined ? [] : [element('p', { class: 'sentence' }, [words.sentence])]),
    ...(words.warnings.length === 0
      ? []
      : [
          element(
            'ul',
            { class: 'warnings', 'aria-label': 'Warnings' },
            words.warnings.map((text) => element('li', {}, [text])),
          ),
        ]),
    element(
      'dl',
      {},
      words.rows.flatMap(([label, value]) => {
        const long = value.length > 34 ? { class: 'long' } : {}
        return [element('dt', long, [label]), element('dd', long, [value])]
      }),
    ),
  ]) as HTMLDialogElement
  return new Promise((resolve) => {
    const done = (answer: Answer) => () => {
      dialog.close()
      host.remove()
      resolve(answer)
    }
    const buttons = element('div', { class: 'buttons' }, [
      button('Reject', 'reject', done('reject')),
      ...(question.kind === 'permission' && question.canLower ? [button('Half of it', 'lower', done('lower'))] : []),
      button(words.confirm, 'confirm', done('confirm')),
    ])
    dialog.append(buttons)
    dialog.addEventListener('cancel', done('reject'))
    // As an object, not as an element: the policy of the page (`style-src`) is not to decide how a wallet looks.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    shadow.adoptedStyleSheets = [sheet]
    shadow.append(dialog)
    document.body.append(host)
    dialog.showModal()
  })
}

function button(text: string, answer: Answer, press: () => void): HTMLElement {
  const made = element('button', { type: 'button', 'data-answer': answer }, [text])
  made.addEventListener('click', press)
  return made
}

/** Text only ever becomes text: what a page sends can draw nothing in here. */
function element(name: string, attributes: Readonly<Record<string, string>>, children: readonly (string | Node)[]) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

const STYLE = `
:host { all: initial; }
dialog {
  --paper: #fff; --ink: #16211f; --faint: #51605c; --line: #d5d9d4; --tint: #eef4f2; --brand: #123c3a; --on-brand: #fff;
  --warn: #fff4dd; --on-warn: #5b3f00; --gold: #7a5300;
  box-sizing: border-box; width: min(27rem, calc(100vw - 1.5rem)); max-height: calc(100vh - 1.5rem); padding: 1.25rem 1.5rem 0;
  border: 1px solid var(--line); border-radius: 14px; background: var(--paper); color: var(--ink); overflow: auto;
  font: 15px/1.45 system-ui, sans-serif; box-shadow: 0 18px 60px rgb(10 30 28 / 28%);
}
dialog::backdrop { background: rgb(10 30 28 / 45%); }
.brand { margin: 0 0 .75rem; font-size: 12px; letter-spacing: .04em; color: var(--gold); }
h2 { margin: 0 0 .25rem; font-size: 19px; line-height: 1.25; }
p { margin: 0 0 .75rem; overflow-wrap: anywhere; }
.sentence { padding: .6rem .75rem; border-radius: 8px; background: var(--tint); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; margin: 0 0 .75rem; }
dt { color: var(--faint); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.long { grid-column: 1 / -1; text-align: left; }
dd.long { margin-top: -.3rem; font: 13px/1.4 ui-monospace, monospace; }
.warnings { margin: 0 0 .75rem; padding: .6rem .75rem .6rem 1.6rem; border-radius: 8px; background: var(--warn); color: var(--on-warn); }
.buttons {
  position: sticky; bottom: 0; display: flex; gap: .5rem; justify-content: flex-end; flex-wrap: wrap;
  margin: 0 -1.5rem; padding: .75rem 1.25rem 1.1rem; background: var(--paper); border-top: 1px solid var(--line);
}
button {
  font: inherit; padding: .5rem .9rem; border-radius: 9px; border: 1px solid var(--line); background: var(--paper); color: inherit;
  cursor: pointer;
}
button[data-answer=confirm] { background: var(--brand); border-color: var(--brand); color: var(--on-brand); }
button:focus-visible { outline: 3px solid #b0781a; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  dialog {
    --paper: #14201e; --ink: #e8efec; --faint: #9db0aa; --line: #33433f; --tint: #1d2d2a; --brand: #f2b84b; --on-brand: #16211f;
    --warn: #3a2d10; --on-warn: #ffdf9b; --gold: #f2b84b;
  }
}
`
