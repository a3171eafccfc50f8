import type { FastifyRequest } from 'fastify'
import type { VorelError } from '../../core/errors.ts'
import { ERRORS } from '../../core/errors.ts'
import { assetUrls } from './assets.ts'
import { type Html, html, joined } from './html.ts'
import { csrfField } from './parts.ts'
import { isPart, type Nav } from './state.ts'

export type { Nav } from './state.ts'

export interface Page {
  /** The heading, and the name of the window. */
  title: string
  nav?: Nav
  body: Html | readonly Html[]
  /** Beside the heading: links and buttons. */
  actions?: Html
  /** Where the page stands: label and address, the outermost first. */
  crumbs?: readonly (readonly [label: string, href: string])[]
}

const NAV: [Nav, string][] = [
  ['tenants', 'Tenants'],
  ['providers', 'Providers'],
  ['operations', 'Operations'],
  ['erasures', 'Erasures'],
  ['audit', 'Audit'],
]

const HTMX = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  responseHandling: [
    { code: '204', swap: false },
    { code: '...', swap: true },
  ],
})

/** The whole document; for htmx, what stands in its `#main`, to be swapped with `outerHTML`. */
export const page = (request: FastifyRequest, { title, nav, body, actions, crumbs = [] }: Page): Html => {
  const main = html`<main id="main" tabindex="-1">
!${crumbs.length ? trail(crumbs) : ''}
<div class="heading"><h1>${title}</h1>!${actions ? html`<div class="actions">!${actions}</div>` : ''}</div>
<div id="notices" role="status">!${joined(request.consoleState.notices)}</div>
!${joined(body)}
</main>`
  if (isPart(request)) return html`<title>${title} · Vorel</title>!${main}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content="${HTMX}">
<title>${title} · Vorel</title>
<link rel="icon" href="${assetUrls.icon}">
<link rel="stylesheet" href="${assetUrls.css}">
<script src="${assetUrls.htmx}" defer></script>
<script src="${assetUrls.js}" defer></script>
</head>
<body hx-headers="${JSON.stringify({ 'x-csrf-token': request.consoleState.csrfToken })}">
<a class="skip" href="#main">Skip to the content</a>
!${header(request, nav)}
!${main}
</body>
</html>
`
}

const trail = (crumbs: NonNullable<Page['crumbs']>): Html =>
  html`<nav aria-label="Where this is"><ol class="crumbs">!${crumbs.map(([label, href]) => html`<li><a href="${href}">${label}</a></li>`)}</ol></nav>`

const header = (request: FastifyRequest, nav: Nav | undefined): Html => {
  const { operator } = request.consoleState
  const links = NAV.filter(([name]) => request.server.hasRoute({ method: 'GET', url: `/console/${name}` }))
  return html`<header class="top">
<a class="brand" href="/console"><span aria-hidden="true" class="mark"></span>Vorel</a>
!${operator ? html`<nav aria-label="Console"><ul>!${links.map(([name, label]) => navLink(request, name, label, nav))}</ul></nav>` : ''}
!${operator ? signOut(request, operator.actorId) : ''}
</header>`
}

const navLink = ({ consoleState: { counts } }: FastifyRequest, name: Nav, label: string, nav: Nav | undefined): Html => {
  const waiting = counts[name] ?? 0
  const badge = waiting > 0 ? html` <span class="badge">${waiting}<span class="hidden"> waiting</span></span>` : ''
  const current = nav === name ? 'aria-current="page"' : ''
  return html`<li><a href="/console/${name}" !${current}>${label}!${badge}</a></li>`
}

const signOut = (request: FastifyRequest, operator: string): Html =>
  html`<form class="who" method="post" action="/console/sign-out">!${csrfField(request)}<span title="Signed in">${operator}</span> <button class="quiet">Sign out</button></form>`

export type NoticeKind = 'good' | 'bad' | 'warning' | 'info'

const SAID: Record<NoticeKind, string> = { good: 'Done', bad: 'Failed', warning: 'Note', info: 'Note' }

export const notice = (kind: NoticeKind, text: string): Html =>
  html`<p class="notice ${kind}"><span class="hidden">${SAID[kind]}. </span>${text}</p>`

/** What went wrong, and what to do: the error's own sentence, under its title. */
export const problemNotice = (error: VorelError): Html =>
  html`<div class="notice bad" role="alert"><strong>${ERRORS[error.code].title}</strong><p>${error.message}</p></div>`
