// How many people fail at their first try: with the obvious order, with the right order and user info alone, and with this
// client, which registers without user info where WeChat refuses it.
//
//   npm run first-sign-ins -- --people 10000 [--seed 1] [--parallel 16] [--url http://127.0.0.1:8080]
//
// Everybody gets a random past: never met by any server, met and the session key expired since, or met a moment ago; and a
// random state of privacy: agreed to the guideline, not agreed, or a guideline that does not declare user info. The same
// ones are drawn for each way of signing in, for different people. Without --url a `weapp-login dev` is started for the run.
import { parseArgs } from 'node:util'
import { APP, startService } from '../test/world.mjs'
import { createPhone } from '../testing/index.mjs'
import { createWeappLogin } from '../dist/index.mjs'

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '16' },
    url: { type: 'string' },
    app: { type: 'string', default: APP }
  }
})
const people = Number(values.people)
const PASTS = ['never met', 'key expired', 'key fresh']
const PRIVACY = ['agreed', 'notAgreed', 'undeclared']

const endings = []
const service = values.url ? { url: values.url } : await startService({ after: ending => endings.push(ending) })
try {
  const draw = randomNumbers(Number(values.seed))
  const pasts = Array.from({ length: people }, () => PASTS[Math.floor(draw() * PASTS.length)])
  const privacy = pasts.map(() => PRIVACY[Math.floor(draw() * PRIVACY.length)])
  console.log(`${people} people, seed ${values.seed}: ${tally(pasts)}; ${tally(privacy)}`)
  const both = pasts.map((past, index) => ({ past, privacy: privacy[index] }))
  console.log(`${tally(both.map(({ past, privacy }) => `${past} and ${privacy}`))}`)

  report('the obvious order (wx.login, wx.getUserInfo, send all)', await everybody('obvious', both, obviousOrder))
  report('the right order, user info alone', await everybody('user-info', both, userInfoAlone))
  const ours = await everybody('client', both, thisClient)
  report('this client', ours)
  process.exitCode = ours.length === 0 ? 0 : 1
} finally {
  for (const ending of endings) await ending()
}

/** Lets every person sign in once; gives the codes of those who failed. */
async function everybody(order, lives, signIn) {
  const failures = []
  const run = `${order}-${Date.now().toString(36)}`
  let next = 0
  const worker = async () => {
    while (next < lives.length) {
      const index = next++
      const person = `${run}-${index}`
      const phone = createPhone({ simulator: service.url, person, appId: values.app })
      await live(phone, person, lives[index])
      const code = await signIn(phone)
      if (code !== null) failures.push(code)
    }
  }
  await Promise.all(Array.from({ length: Number(values.parallel) }, worker))
  return failures
}

/** What happened to the person before: a question about privacy, an exchange by some server, perhaps the end of the key. */
async function live(phone, person, { past, privacy }) {
  if (privacy !== 'agreed') await post(`/control/people/${person}`, { privacy }, 'PUT')
  if (past === 'never met') return
  const { code } = await phone.wx.login()
  await post('/v1/login', { code, appId: values.app })
  if (past === 'key expired') await post(`/control/people/${person}/expire-session-key`, { appId: values.app })
}

async function obviousOrder(phone) {
  const { code } = await phone.wx.login()
  const info = await phone.wx.getUserInfo({ withCredentials: true }).catch(failure => failure)
  if (!info.signature) return info.errMsg
  const login = await post('/v1/login', { code, appId: values.app })
  if (!login.ticket) return login.code
  const registered = await post('/v1/register', { ticket: login.ticket, ...info })
  return registered.token ? null : registered.code
}

async function userInfoAlone(phone) {
  const { code } = await phone.wx.login()
  const login = await post('/v1/login', { code, appId: values.app })
  if (!login.ticket) return login.code
  const info = await phone.wx.getUserInfo({ withCredentials: true }).catch(failure => failure)
  if (!info.signature) return info.errMsg
  const registered = await post('/v1/register', { ticket: login.ticket, ...info })
  return registered.token ? null : registered.code
}

function thisClient(phone) {
  return createWeappLogin({ baseUrl: service.url, wx: phone.wx, retries: 0 }).login().then(
    () => null,
    error => error.code
  )
}

async function post(path, body, method = 'POST') {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(service.url + path, { method, headers, body: JSON.stringify(body) })
  return answer.json().catch(() => null)
}

function report(order, failures) {
  const share = ((100 * failures.length) / people).toFixed(1)
  const why = failures.length === 0 ? '' : `: ${tally(failures)}`
  console.log(`${order}: ${failures.length} of ${people} fail at the first try (${share} %)${why}`)
}

function tally(list) {
  const counts = new Map()
  for (const item of list) counts.set(item, (counts.get(item) || 0) + 1)
  return [...counts].sort().map(([item, times]) => `${times} ${item}`).join(', ')
}

/** Repeatable numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
