import { createOperator } from '../../core/operators/accounts.ts'
import type { Service } from './service.ts'

export const PASSWORD = 'correct horse battery staple'

export interface Shown {
  status: number
  headers: Headers
  html: string
  /** Where the browser was sent, where it was. */
  location: string | null
}

/** Cookies and forms as a browser has them; it follows no redirect by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string
  /** Of the page seen last. */
  csrf = ''

  constructor(url: string) {
    this.#url = url
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Shown> {
    return this.#ask(path, { headers })
  }

  /** Sends a form with the token of the page seen last, unless another is given. */
  async post(
    path: string,
    form: Record<string, string> | [string, string][] = {},
    headers: Record<string, string> = {},
  ): Promise<Shown> {
    const body = new URLSearchParams(form)
    if (!body.has('_csrf')) body.set('_csrf', this.csrf)
    return this.#ask(path, { method: 'POST', body, headers })
  }

  async signIn(name: string, password = PASSWORD): Promise<Shown> {
    await this.get('/console/sign-in')
    const shown = await this.post('/console/sign-in', { name, password })
    if (shown.location) await this.get('/console/tenants') // with the session's token
    return shown
  }

  async #ask(path: string, init: RequestInit): Promise<Shown> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie && { cookie }), ...(init.headers as Record<string, string>) }
    const answer = await fetch(this.#url + path, { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    const html = await answer.text()
    this.csrf = /name="_csrf" value="([\w-]+)"/.exec(html)?.[1] ?? this.csrf
    return { status: answer.status, headers: answer.headers, html, location: answer.headers.get('location') }
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute) || /^expires=thu, 01 jan 1970/i.test(attribute)))
      this.cookies.delete(pair.slice(0, at))
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
}

/** A browser in which an operator is signed in. */
export const signedIn = async ({ app, url }: Service, name = 'ada'): Promise<Browser> => {
  const actor = { actorType: 'system', actorId: 'test' } as const
  await createOperator(app.pipeline, app.database.pool, actor, { name, password: PASSWORD })
  const browser = new Browser(url)
  await browser.signIn(name)
  return browser
}
