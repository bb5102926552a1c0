import type { AmbitError } from '../errors.ts'
import { demoWalletNotice, demoWalletTag } from './demoWallet.ts'
import { type Html, html, say, verbatim } from './html.ts'
import type { PageModule, View } from './page.ts'
import { STYLE } from './style.ts'
import { WALLET_SCRIPT } from './walletScript.ts'

export type Frame = {
  /** Of this answer alone: what stands inline runs by it. */
  nonce: string
  /** Those that there are. */
  pages: readonly PageModule[]
  /** Path of the module that is shown. */
  current: string | undefined
  /** Whether somebody is in: to others not even the navigation is shown. */
  open: boolean
  /** Whether the demonstration wallet stands on pages where a wallet signs. */
  demo?: boolean
}

/** A whole page around a view. */
export function frame(view: View, { nonce, pages, current, open, demo = false }: Frame): Html {
  const demonstrated = demo && view.wallet === true
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${view.refresh !== undefined && html`<meta http-equiv="refresh" content="${view.refresh}">`}
<title>${say(view.title, 80)} · Ambit</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${verbatim(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wrap">
<a class="brand" href="/">${MARK}<span>Ambit</span></a>
${open && html`<nav aria-label="Console"><ul>${pages.map((page) => entry(page, current))}</ul></nav>`}
</div></header>
<main id="main" class="wrap">
<div class="head">
${view.kicker && html`<p class="kicker">${view.kicker}</p>`}
<h1>${say(view.title, 200)}</h1>
${view.lead && html`<p class="lead">${view.lead}</p>`}
</div>
${demonstrated && demoWalletNotice()}${view.body}
</main>
<footer class="wrap"><p>This console shows what the chain and this machine hold. It asks no other host.</p></footer>
${demonstrated && demoWalletTag(nonce)}${view.wallet === true && html`<script nonce="${nonce}">${verbatim(WALLET_SCRIPT)}</script>`}
</body>
</html>`
}

/** Values of an error that are shown. */
const MAX_DETAILS = 8

/** An error as a page: what, why, and what to do. Values in it are texts from anybody. */
export function errorView(error: AmbitError): View {
  const details = Object.entries(error.details).slice(0, MAX_DETAILS)
  return {
    title: error.shortMessage,
    status: error.status as 400,
    body: html`<section class="card notice bad" aria-label="What to do">
<p>${say(error.fix, 600)}</p>
${details.length > 0 && html`<dl class="facts">${details.map(([key, value]) => html`<div><dt>${say(key, 60)}</dt><dd>${say(String(value))}</dd></div>`)}</dl>`}
<p class="quiet"><code>${error.code}</code></p>
</section>`,
  }
}

function entry({ label, path }: PageModule, current: string | undefined): Html | false {
  return (
    label !== undefined &&
    html`<li><a href="${path}"${path === current && html` aria-current="page"`}>${label}</a></li>`
  )
}

/** A boundary with something bounded in it. */
const MARK = verbatim(
  '<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="47 16" stroke-linecap="round" transform="rotate(-60 12 12)"/><circle cx="12" cy="12" r="3.5" fill="currentColor"/></svg>',
)
