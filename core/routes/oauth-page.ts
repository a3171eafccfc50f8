import { createHash } from 'node:crypto'
import type { SignInEnd } from '../oauth/flow-finish.ts'

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c2430; --paper: #f6f7f9; --card: #fff; --line: #d9dee5; --good: #11643a; --bad: #a12622 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6eaf0; --paper: #12161c; --card: #1b212a; --line: #333c48; --good: #6fd39c; --bad: #ff9b93 }
  }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
    font: 1rem/1.5 system-ui, sans-serif }
  main { box-sizing: border-box; width: min(34rem, 100%); padding: 2rem; background: var(--card); border: 1px solid var(--line);
    border-radius: .75rem; overflow-wrap: anywhere }
  h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25 }
  h1.good { color: var(--good) }
  h1.bad { color: var(--bad) }
  p { margin: .5rem 0 0 }
  small { opacity: .75 }
`

const styleHash = createHash('sha256').update(STYLE).digest('base64')

/** The page loads nothing, runs nothing, tells nobody where it came from and is kept nowhere. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')

interface Page {
  heading: string
  isGood: boolean
  lines: string[]
  requestId: string
}

export const page = ({ heading, isGood, lines, requestId }: Page): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 class="${isGood ? 'good' : 'bad'}">${escaped(heading)}</h1>
${lines.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<p><small>Request ${escaped(requestId)}</small></p>
</main>
</body>
</html>
`

export const endPage = ({ code, detail, provider, account, warning }: SignInEnd, requestId: string): string => {
  const name = provider ?? 'The CRM'
  if (code === 'used_before') return page({ heading: 'This sign-in is over', isGood: false, lines: [detail ?? ''], requestId })
  if (code !== 'ok')
    return page({
      heading: `The sign-in at ${provider ?? 'the CRM'} did not succeed`,
      isGood: false,
      lines: [detail ?? '', 'What was connected before stays as it was.'],
      requestId,
    })
  const lines = [
    `${account ? `The account is ${account}. ` : ''}You can close this window.`,
    ...(warning ? [`Note: ${warning}`] : []),
  ]
  return page({ heading: `${name} is connected`, isGood: true, lines, requestId })
}
