import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasOperators } from '../../core/operators/accounts.ts'
import { type Html, html } from './html.ts'
import { notice, page } from './page.ts'
import { csrfField, field } from './parts.ts'
import { type ConsoleRequest, sent } from './route.ts'

/** Which of our own pages comes after; never another site's. */
export const localPath = (to: string): string => (/^\/console(\/[\w./~%-]*)?(\?[\w=&.%~:+-]*)?$/.test(to) ? to : '/console')

/** The ways in that there are here. */
export const show = async (request: FastifyRequest, reply: FastifyReply): Promise<Html> => {
  reply.type('text/html; charset=utf-8')
  const { hasPasswords, identity } = request.server.consoleSignIn
  const said = sent(request as ConsoleRequest, 'to') || String((request.query as Record<string, unknown>).to ?? '')
  const to = localPath(said)
  return page(request, {
    title: 'Sign in',
    body: [identity ? atProvider(to) : html``, hasPasswords ? await byPassword(request, to) : html``],
  })
}

// A link and no form: the content security policy lets no form end at another host.
const atProvider = (to: string): Html =>
  html`<div class="card narrow"><div class="actions"><a class="button primary" href="/console/sign-in/identity-provider?to=${encodeURIComponent(to)}">Sign in with your organization</a></div></div>`

const byPassword = async (request: FastifyRequest, to: string): Promise<Html> => {
  const isNew = !request.server.consoleSignIn.identity && !(await hasOperators(request.server.database.pool))
  return html`<form class="card narrow" method="post" action="/console/sign-in">!${csrfField(request)}
<input type="hidden" name="to" value="${to}">
!${isNew ? firstAccount : ''}
!${field({ name: 'name', label: 'Name', value: sent(request as ConsoleRequest, 'name'), isRequired: true, attributes: { autocomplete: 'username', autocapitalize: 'none', autofocus: true, maxlength: 120 } })}
!${field({ name: 'password', label: 'Password', type: 'password', isRequired: true, attributes: { autocomplete: 'current-password', maxlength: 1024 } })}
<div class="actions"><button class="primary">Sign in</button></div>
</form>`
}

const firstAccount = html`!${notice('info', 'There is no operator here yet. Make an account on the command line:')}<pre><code>npm run -s vorel -- operators create &lt;name&gt;</code></pre>`
