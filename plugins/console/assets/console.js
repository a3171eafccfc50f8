/** What pages do beyond htmx; each works without it. */

/** A button that was pressed is not pressed twice. */
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.dataset.sent) return event.preventDefault()
  if (form.method !== 'post' || form.target === '_blank') return
  form.dataset.sent = 'yes'
  form.setAttribute('aria-busy', 'true')
})

/** A page that comes back from the browser's memory may be used again. */
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent
    form.removeAttribute('aria-busy')
  }
})

/** `data-copy="<id>"` copies that element's text. */
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy]')
  const source = button && document.getElementById(button.dataset.copy)
  if (!source) return
  await navigator.clipboard.writeText(source.value ?? source.textContent)
  button.textContent = 'Copied'
})

/** Whoever hears the page is taken to what replaced it. */
document.addEventListener('htmx:afterSwap', (event) => {
  const { target } = event.detail
  if (target?.id === 'main') document.getElementById('main')?.focus({ preventScroll: true })
})

/** A part that could not be loaded says so where the notices stand. */
for (const failure of ['htmx:sendError', 'htmx:timeout'])
  document.addEventListener(failure, () => {
    const notices = document.getElementById('notices')
    if (notices) notices.textContent = 'The service does not answer. Load the page again.'
  })
