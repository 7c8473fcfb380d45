// Watches one phone's traffic as it happens and tells it message by message: what the phone asked, what this service asked
// WeChat meanwhile, what came back, and which version of the key each knew. Nothing is invented: what the phone cannot see is
// read from the simulator's log.

import { fingerprint, redacted } from './redact.js'
import { ask } from './service.js'

/** WeChat's number for data that the mini program's privacy guideline does not name. */
export const UNDECLARED = 112

/** What the simulator says about `person` in `appId`: `keyVersion`, `keyExpired`, `unionidGiven`, … */
export async function keyState(person, appId) {
  const query = new URLSearchParams({ appId })
  const answer = await ask(`/control/people/${encodeURIComponent(person)}?${query}`)
  return (await answer.json()).apps[0]
}

/**
 * A `fetch` for the phone of `person` running `appId`.
 *
 * - `emit(entry)`: gets every message and note in order; see `diagram.js` for what they hold
 * - `pace()`: waited for after each, so that people can follow
 *
 * `keys` is what is known: `wechat` (current version), `expired`, `service` (version it holds, or null), `signed` (version
 * of the last signed data, or null).
 */
export function createWire({ person, appId, emit, pace }) {
  const keys = { wechat: 0, expired: false, service: null, signed: null }
  /** What `wx.getUserInfo` was refused with, until another way of registering was taken; the ways that the ticket allows. */
  let refused = null
  let ways = []
  let lastSeen = null

  async function tell(entry) {
    emit({ ...entry, keys: { ...keys } })
    await pace()
  }

  async function look() {
    const state = await keyState(person, appId)
    keys.wechat = state.keyVersion
    keys.expired = state.keyExpired
    return state
  }

  async function newEvents() {
    const answer = await ask(`/control/log?after=${lastSeen}`)
    const { events, lastSeq } = await answer.json()
    lastSeen = lastSeq
    return events.filter(event => !event.person || event.person === person)
  }

  async function observed(url, init) {
    if (lastSeen === null) lastSeen = (await (await ask('/control')).json()).lastSeq
    await Promise.all([newEvents(), look()])
    const path = new URL(url).pathname
    const sent = init.body ? JSON.parse(init.body) : null
    return path.startsWith('/wx/') ? asksWeChat(path, url, init, sent) : asksService(path, url, init, sent)
  }

  async function asksWeChat(path, url, init, sent) {
    const api = path.split('/').pop()
    const between = { from: 'phone', to: 'wechat' }
    await tell({ type: 'call', ...between, code: `wx.${api}()`, detail: await redacted(sent) })
    const answer = await fetch(url, init)
    const got = await answer.clone().json()
    const [event] = (await newEvents()).filter(event => event.kind === api)
    await look()
    const chips = []
    if (got.signature || got.encryptedData) {
      keys.signed = event.keyVersion
      chips.push({ signed: keys.signed })
    }
    if (got.code) chips.push({ name: 'code', print: await fingerprint(got.code) })
    if (!answer.ok) chips.push(got.errno ? { errno: got.errno } : { failure: got.errMsg })
    await tell({
      type: 'answer', from: 'wechat', to: 'phone', code: answer.ok ? 'success' : 'fail', chips, tone: answer.ok ? '' : 'bad',
      carries: got.signature || got.encryptedData ? keys.signed : null, detail: await redacted(got)
    })
    if (api === 'login' && answer.ok) await tell({ type: 'note', at: 'wechat', say: ['note.login', {}] })
    if (chips.some(chip => chip.signed === 0)) await tell({ type: 'note', at: 'wechat', say: ['note.hidden', { key: { key: 0 } }] })
    if (got.errno === UNDECLARED) {
      await tell({ type: 'note', at: 'wechat', say: ['note.undeclared', {}], tone: 'bad' })
      if (api === 'getUserInfo') refused = got.errno
    }
    return answer
  }

  async function asksService(path, url, init, sent) {
    const between = { from: 'phone', to: 'service' }
    const silent = path === '/v1/register' && Object.keys(sent).join() === 'ticket'
    if (silent && refused) await tell({ type: 'note', at: 'phone', say: ['note.nextWay', { way: { code: 'silent' } }], tone: 'ok' })
    if (silent) refused = null
    const secrets = []
    for (const name of ['code', 'phoneCode', 'ticket']) {
      if (sent && sent[name]) secrets.push({ name, print: await fingerprint(sent[name]) })
    }
    const signed = Boolean(sent && (sent.signature || sent.encryptedData))
    if (signed) secrets.push({ signed: keys.signed })
    const authorization = init.headers.authorization
    if (authorization) secrets.push({ name: 'token', print: await fingerprint(authorization.replace('Bearer ', '')) })
    const code = `${init.method} ${path}`
    await tell({ type: 'call', ...between, code, chips: secrets, carries: signed ? keys.signed : null, detail: await redacted(sent) })
    let answer
    try {
      answer = await fetch(url, init)
    } catch (error) {
      await tell({ type: 'answer', from: 'service', to: 'phone', code: '', chips: [], lost: true, tone: 'bad' })
      throw error
    }
    const raw = await answer.clone().text()
    const got = raw ? JSON.parse(raw) : null
    await serviceAsksWeChat(await newEvents(), sent)
    if (got && got.ways) ways = got.ways
    await conclusion(path, init.method, answer, got, sent)
    const { status } = answer
    const chips = [answer.ok ? { status } : { problem: got.code, retry: got.retry, after: answer.headers.get('retry-after'), status }]
    for (const name of ['ticket', 'token']) {
      if (got && got[name]) chips.push({ name, print: await fingerprint(got[name]) })
    }
    const word = got && got.status && answer.ok ? got.status : ''
    await tell({
      type: 'answer', from: 'service', to: 'phone', code: word, chips, tone: answer.ok ? '' : 'bad', detail: await redacted(got)
    })
    return answer
  }

  /** What this service asked WeChat while the phone waited for it. */
  async function serviceAsksWeChat(events, sent) {
    let fault = null
    for (const event of events) {
      if (event.kind === 'fault') {
        fault = event.fault
        // Nothing reaches WeChat, so no event of its own follows.
        if (fault === 'dropBefore') await call('GET jscode2session', [], { lost: true, tone: 'bad' })
      } else if (event.kind === 'exchange') {
        await exchange(event, fault === 'dropAfter', sent)
        fault = null
      } else if (event.kind === 'stableToken' || event.kind === 'token') {
        await call('POST stable_token', [])
        await answered(event, [{ name: 'access_token' }])
      } else if (event.kind === 'getUserPhoneNumber') {
        await call('POST getuserphonenumber', [{ name: 'code', print: await fingerprint(sent.phoneCode || sent.code) }])
        await answered(event, [{ name: 'phone' }])
      }
    }
  }

  async function exchange(event, lost, sent) {
    const before = { ...keys }
    await call('GET jscode2session', [{ name: 'code', print: await fingerprint(sent.code) }])
    const state = await look()
    if (!event.errcode && event.keyVersion > before.wechat) {
      const why = before.wechat === 0 ? 'first' : before.expired ? 'expired' : 'old'
      const word = { first: 'note.made.first', expired: 'note.made.expired', old: 'note.made.old' }[why]
      await tell({ type: 'note', at: 'wechat', say: [word, { key: { key: event.keyVersion }, old: { key: before.wechat } }] })
    } else if (!event.errcode) {
      await tell({ type: 'note', at: 'wechat', say: ['note.kept', { key: { key: event.keyVersion } }] })
    }
    if (lost) {
      await tell({
        type: 'answer', from: 'wechat', to: 'service', code: '', chips: [{ key: event.keyVersion }], lost: true, tone: 'bad',
        carries: event.keyVersion
      })
      await tell({ type: 'note', at: 'service', say: ['note.lost', {}], tone: 'bad' })
      return
    }
    if (!event.errcode) keys.service = event.keyVersion
    const given = [{ key: event.keyVersion }, { name: 'openid' }, ...(state.unionidGiven ? [{ name: 'unionid' }] : [])]
    await answered(event, given, event.keyVersion)
  }

  const call = (code, chips, more = {}) => tell({ type: 'call', from: 'service', to: 'wechat', code, chips, ...more })

  const answered = (event, given, carries = null) =>
    tell({
      type: 'answer', from: 'wechat', to: 'service', code: '', chips: event.errcode ? [{ errcode: event.errcode }] : given,
      tone: event.errcode ? 'bad' : '', carries: event.errcode ? null : carries
    })

  /** What this service made of it, as its answer tells. */
  async function conclusion(path, method, answer, got, sent) {
    const signed = Boolean(sent && (sent.signature || sent.encryptedData))
    const checked = { signed: keys.signed, checked: keys.service }
    const note = (word, tone = '', more = {}) =>
      tell({ type: 'note', at: 'service', say: [word, { key: { key: keys.service } }], tone, ...more })
    if (!answer.ok) {
      const mismatch = got.code === 'signature_mismatch' || got.code === 'decryption_failed'
      if (signed && mismatch) await tell({ type: 'verdict', ok: false, ...checked })
    } else if (got && got.status === 'registrationRequired') {
      await note('note.ticket')
    } else if (path === '/v1/login') {
      await note('note.known')
    } else if (signed) {
      await tell({ type: 'verdict', ok: true, ...checked })
      if (path === '/v1/register') await note(answer.status === 201 ? 'note.stored' : 'note.known', 'ok')
    } else if (path === '/v1/register') {
      await tell({ type: 'verdict', kind: sent.phoneCode ? 'number' : 'exchange', ok: true, checked: keys.service })
      await note(sent.phoneCode ? 'note.registeredByPhone' : 'note.registeredSilently', 'ok')
    } else if (path === '/v1/session' && method === 'DELETE') {
      keys.service = null
      await tell({ type: 'note', at: 'service', say: ['note.ended', {}] })
    } else if (path === '/v1/me/phone') {
      await tell({ type: 'note', at: 'service', say: ['note.phone', {}], tone: 'ok' })
    } else if (path === '/v1/me') {
      await tell({ type: 'note', at: 'service', say: ['note.profile', {}], tone: 'ok' })
    }
  }

  return { fetch: observed, keys, look, tell, get ways() { return ways } }
}
