/** Texts that would be more than text where a page forgot to escape them: script, attributes, addresses, handlers, templates, other documents. */
export const HOSTILE: readonly string[] = [
  '<script>xss()</script>',
  `a" autofocus onfocus="xss()" x='`,
  'javascript:xss()//"onclick=xss()',
  '<img src=x onerror=xss()>',
  '${xss()}{{xss()}}<%= xss() %>`',
  '<svg><animate onbegin=xss() attributeName=x></svg>',
  '</title></textarea></pre><script>xss()</script>',
  '--><iframe srcdoc="<script>xss()</script>">&lt;b&gt;',
]

const TAGS =
  'html head meta title link script body a header nav ul ol li span form input button main div h1 h2 h3 p section table caption thead tbody tr th td dl dt dd label select option textarea fieldset legend datalist code small strong br pre time progress b'.split(
    ' ',
  )
const ATTRIBUTES =
  /^(lang|charset|name|content|rel|href|src|defer|class|id|action|method|type|value|tabindex|role|aria-[a-z]+|title|scope|colspan|rowspan|for|required|maxlength|autocomplete|spellcheck|placeholder|list|checked|selected|readonly|data-copy|rows|datetime|download|target|inputmode|max|hx-(get|trigger|target|swap|include|params|push-url|headers|select))$/

const TAG = /<(!doctype html|\/?[^\s>"']+)((?:\s+[^\s=>"'<]+(?:="[^"<>]*")?)*)\s*>/gy

/** Read as a browser would: what stands between our own tags must hold no `<`, and each tag is one that our pages have. */
export const faultsIn = (html: string): string[] => {
  const faults: string[] = []
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    TAG.lastIndex = at
    const [tag, name = '', attributes = ''] = TAG.exec(html) ?? []
    if (!tag) return [...faults, `no tag of ours: ${html.slice(at, at + 60)}`]
    if (name !== '!doctype html' && !TAGS.includes(name.replace('/', ''))) faults.push(`element ${name}`)
    faults.push(...attributeFaults(attributes))
    at += tag.length
  }
  return faults
}

const attributeFaults = (text: string): string[] =>
  [...text.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)].flatMap(([, name = '', value = '']) => {
    if (!ATTRIBUTES.test(name)) return [`attribute ${name}`]
    const isAddress = /^(href|src|action|hx-get)$/.test(name)
    return isAddress && !/^(\/console|https?:\/\/|#)/.test(decoded(value)) ? [`address ${value}`] : []
  })

const decoded = (text: string): string =>
  text.replaceAll(/&#(\d+);|&amp;/g, (_, code) => String.fromCodePoint(Number(code ?? 38)))

/** All of a page's text and attributes, as a reader sees them. */
export const textOf = (html: string): string => decoded(html)
