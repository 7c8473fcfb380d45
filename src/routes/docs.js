// Shows /openapi.json. Where WeChat is simulated, what is tried out is filled in as a mini program would: a fresh code of
// somebody new, that person's ticket and data, and afterwards the token.

/** The mini program of a simulated WeChat, or nothing. */
const app = document.body.dataset.simulated
/** What the document has for a mini program, and what it is to say in the place of codes and of the ticket. */
const EXAMPLE_APP = 'wx0123456789abcdef'
const FRESH_CODE = 'a fresh code'
const LAST_TICKET = 'the ticket of the last login'

let person = somebodyNew()
let ticket

function somebodyNew() {
  return `reader-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`
}

async function phone(api) {
  const answer = await fetch(`/wx/${person}/${api}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ appId: app })
  })
  return answer.json()
}

/** The document, with examples that work here. */
async function described() {
  const text = await (await fetch('/openapi.json')).text()
  const described = JSON.parse(app ? text.replaceAll(EXAMPLE_APP, app) : text)
  if (app) {
    const { schemas } = described.components
    for (const { properties } of Object.values(schemas)) {
      if (properties && properties.code && properties.code.maxLength) properties.code.example = FRESH_CODE
    }
    schemas.RegisterRequest.example = { ticket: LAST_TICKET }
  }
  return described
}

/** Fills in what only a phone has. The page shows what was sent then. */
async function complete(request) {
  if (!app || typeof request.body !== 'string') return request
  const body = JSON.parse(request.body)
  if (body.code === FRESH_CODE) {
    body.code = (await phone(request.url.endsWith('/phone') ? 'getPhoneNumber' : 'login')).code
  }
  if (body.ticket === LAST_TICKET && ticket) {
    const { rawData, signature, encryptedData, iv } = await phone('getUserInfo')
    Object.assign(body, { ticket, rawData, signature, encryptedData, iv })
  }
  request.body = JSON.stringify(body)
  return request
}

/** Remembers what the next request needs. */
function remember(answer) {
  const { obj } = answer
  if (!app || !obj) return answer
  if (obj.ticket) ticket = obj.ticket
  if (obj.token) {
    ticket = undefined
    const bearer = { name: 'bearer', schema: { type: 'http', scheme: 'bearer' }, value: obj.token }
    page.authActions.authorize({ bearer })
  }
  if (answer.status === 204 && answer.url.endsWith('/v1/me')) person = somebodyNew()
  return answer
}

/** What the library draws without a name, or out of reach of the keyboard. */
function name(place) {
  for (const button of place.querySelectorAll('.copy-to-clipboard > button:not([aria-label])')) button.setAttribute('aria-label', 'Copy')
  for (const text of place.querySelectorAll('textarea:not([aria-label])')) text.setAttribute('aria-label', 'Body of the request')
  for (const code of place.querySelectorAll('pre:not([tabindex])')) code.tabIndex = 0
  // Its headings begin at the third level, below none of the second.
  for (const heading of place.querySelectorAll('h3:not([aria-level]), h4:not([aria-level]), h5:not([aria-level])')) heading.setAttribute('aria-level', heading.tagName[1] - 1)
  for (const table of place.querySelectorAll('table[role="region"]:not([aria-label])')) table.setAttribute('aria-label', table.id)
}

let page

described().then(spec => {
  page = window.SwaggerUIBundle({
    spec,
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    deepLinking: false,
    defaultModelsExpandDepth: -1,
    tryItOutEnabled: Boolean(app),
    validatorUrl: 'none',
    requestInterceptor: complete,
    responseInterceptor: remember,
    onComplete: () => { document.documentElement.dataset.ready = '' }
  })
  document.getElementById('trial').hidden = !app
  const place = document.getElementById('swagger-ui')
  new MutationObserver(() => name(place)).observe(place, { childList: true, subtree: true })
})
