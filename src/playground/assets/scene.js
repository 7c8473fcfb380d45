// A person with a phone: the real client on the shim, once for each mini program, and what the person does with it.

import { createWeappLogin } from './client.mjs'
import { createPhone } from './wx.mjs'
import { createWire, UNDECLARED } from './wire.js'

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi', 'Ivan', 'Judy', 'Mallory', 'Niaj', 'Olivia', 'Peggy']
let born = 0

/** Somebody whom neither WeChat nor this service ever met: a name to show, and an id that is used once. */
export function somebodyNew(name = NAMES[born++ % NAMES.length]) {
  const random = [...crypto.getRandomValues(new Uint8Array(4))].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return { name, id: `${name.toLowerCase()}-${random}` }
}

/**
 * `apps` are app ids. `emit(entry)` and `pace()` as in `wire.js`; `onView(view)` hears whenever the phone's screen changes.
 */
export function createScene({ person, apps, emit, pace, onView = () => {} }) {
  const phones = apps.map(appId => {
    const wire = createWire({ person: person.id, appId, emit, pace })
    const phone = createPhone({ simulator: location.origin, person: person.id, appId, fetch: wire.fetch })
    return { appId, wire, phone, client: clientOn(phone) }
  })
  const view = { person, app: 0, user: null, doing: null, problem: null }
  const current = () => phones[view.app]

  function show(change) {
    Object.assign(view, change)
    view.user = current().client.user
    onView(view)
  }

  /** Runs what the person does, and shows on the phone how it ends. */
  async function act(doing, work) {
    show({ doing, problem: null })
    try {
      await work()
      show({ doing: null })
      return true
    } catch (error) {
      const problem = problemOf(error)
      if (problem === null) throw error
      const { wire } = current()
      const undeclared = problem.reason === 'privacy_undeclared'
      if (undeclared && doing === 'signIn') {
        const why = problem.code === 'user_info_denied' ? ['verdict.onlyUserInfo', { ways: { code: wire.ways.join(', ') } }] : ['verdict.guideline', {}]
        await wire.tell({ type: 'verdict', kind: 'guideline', ok: false, why })
      }
      show({ doing: null, problem: { ...problem, doing } })
      return false
    }
  }

  return {
    view,
    apps,
    get keys() { return current().wire.keys },
    look: () => current().wire.look(),
    signIn: order => act('signIn', () => (order === 'right' ? current().client.login() : obviousOrder(current()))),
    registerByPhone: () => act('registerByPhone', async () => current().client.registerByPhone(await current().phone.tapPhoneButton())),
    signOut: () => act('signOut', () => current().client.logout()),
    changeNickname: nickname => act('nickname', () => current().client.updateProfile({ nickname })),
    sharePhoneNumber: () => act('phone', async () => current().client.bindPhone(await current().phone.tapPhoneButton())),
    /** Shows the phone as nobody waits for an answer any more. */
    abandon: () => show({ doing: null }),
    useApp(index) {
      show({ app: index, problem: null })
    },
    /** A visit before this page was watching: WeChat knows the person and has a key, this service does not know them. */
    async visitUnwatched() {
      const phone = createPhone({ simulator: location.origin, person: person.id, appId: current().appId })
      const { code } = await phone.wx.login()
      await sent(phone, '/v1/login', { code, appId: current().appId })
      await current().wire.look()
    }
  }
}

/** What the phone shows of `error`: one of the client's, of the service's, or of WeChat's own; `null` for any other. */
function problemOf({ code, retry, reason = null, errMsg, errno }) {
  if (typeof code === 'string') return { code, retry, reason }
  if (typeof errMsg !== 'string') return null
  return { code: errno ? `${errMsg.split(' ')[0]} · errno ${errno}` : errMsg, reason: errno === UNDECLARED ? 'privacy_undeclared' : null }
}

function clientOn(phone) {
  return createWeappLogin({ baseUrl: location.origin, wx: phone.wx })
}

/**
 * What a page does that asks for everything first and sends it together. This service has no such endpoint, so the two
 * halves go one after the other; the data in the second was signed before the first was sent, and that is all that counts.
 */
async function obviousOrder(place) {
  const { phone, appId } = place
  const { code } = await phone.wx.login()
  const { rawData, signature, encryptedData, iv } = await phone.wx.getUserInfo({ withCredentials: true })
  const data = { rawData, signature, encryptedData, iv }
  const login = await sent(phone, '/v1/login', { code, appId })
  let session = login
  if (login.status === 'registrationRequired') session = await sent(phone, '/v1/register', { ticket: login.ticket, ...data })
  else await sent(phone, '/v1/open-data', data, login.token)
  // Handed to the client by way of the storage in which it looks for a session when it starts.
  phone.wx.setStorageSync(`weapp-login:${location.origin}`, { token: session.token, user: session.user })
  place.client = clientOn(phone)
}

/** One request as a page without the client writes it; rejects with the problem's fields. */
function sent(phone, path, data, token) {
  return new Promise((resolve, reject) => {
    phone.wx.request({
      url: location.origin + path,
      method: 'POST',
      header: token ? { Authorization: `Bearer ${token}` } : {},
      data,
      success: answer => (answer.statusCode < 300 ? resolve(answer.data) : reject(answer.data)),
      fail: failure => reject({ code: 'network_failed', retry: 'later', detail: failure.errMsg })
    })
  })
}
