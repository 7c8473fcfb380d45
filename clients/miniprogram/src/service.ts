import { WeappLoginError, type Retry } from './errors.js'
import type { Session } from './kept-session.js'
import { isUser, type User } from './user.js'
import { headerOf, requested, type WxAnswer, type WxLike, type WxUserInfo } from './wx.js'

/** A way of registering somebody new; a newer service may know more of them. */
export type Way = 'userInfo' | 'silent' | 'phone'

/** Leave to register one person, once, and the ways in which the service takes them, the preferred first. */
export interface Ticket {
  readonly ticket: string
  readonly ways: readonly Way[]
}

/** What a login comes to: a person the service knows, or a ticket to register one. */
export type LoginOutcome = { readonly session: Session } | Ticket

/** What `getPhoneNumber` yields to be sent on: today's one-time code, or the older encrypted number. */
export type PhoneProof = { code: string } | { encryptedData: string; iv: string }

/** What a person may change about themselves. */
export interface ProfileChange {
  nickname?: string
  avatarUrl?: string
}

/** One call of the login service a method; each rejects with the service's own error, and tries nothing twice. */
export class Service {
  constructor(
    private readonly wx: WxLike,
    private readonly baseUrl: string,
    private readonly appId: string | undefined,
    private readonly timeout: number
  ) {}

  async login(code: string): Promise<LoginOutcome> {
    const { body, answer } = await this.ask('POST', '/v1/login', null, { code, appId: this.appId })
    if (body && body.status === 'registrationRequired' && isText(body.ticket)) {
      // A service that names no ways knows but one.
      return { ticket: body.ticket, ways: Array.isArray(body.ways) ? body.ways : ['userInfo'] }
    }
    return { session: sessionIn(body, answer) }
  }

  /** Registers in the way that `proof` makes up: signed data, a phone code, or nothing at all for `silent`. */
  async register(ticket: string, proof: WxUserInfo | { phoneCode: string } | {}): Promise<Session> {
    const { body, answer } = await this.ask('POST', '/v1/register', null, { ...proof, ticket })
    return sessionIn(body, answer)
  }

  async userOfSession(token: string): Promise<User> {
    const { body, answer } = await this.ask('GET', '/v1/session', token)
    return userIn(body && body.user, answer)
  }

  async endSession(token: string): Promise<void> {
    await this.ask('DELETE', '/v1/session', token)
  }

  async me(token: string): Promise<User> {
    const { body, answer } = await this.ask('GET', '/v1/me', token)
    return userIn(body, answer)
  }

  async bindPhone(token: string, proof: PhoneProof): Promise<User> {
    const { body, answer } = await this.ask('POST', '/v1/me/phone', token, proof)
    return userIn(body, answer)
  }

  async updateProfile(token: string, change: ProfileChange): Promise<User> {
    // wx.request knows no PATCH. A service, or a gateway before it, that does not honour the override answers 405.
    const override = { 'X-HTTP-Method-Override': 'PATCH' }
    const { body, answer } = await this.ask('POST', '/v1/me', token, change, override).catch(error => {
      if (error.status !== 405) throw error
      return this.ask('PATCH', '/v1/me', token, change)
    })
    return userIn(body, answer)
  }

  async erase(token: string, code: string): Promise<void> {
    await this.ask('DELETE', '/v1/me', token, { code })
  }

  private async ask(method: string, path: string, token: string | null, data?: object, headers?: object) {
    const header: Record<string, string> = { 'content-type': 'application/json', ...headers }
    if (token !== null) header.Authorization = 'Bearer ' + token
    const options = { url: this.baseUrl + path, method, header, data, dataType: 'json', timeout: this.timeout }
    // WeChat's own time limit comes first; ours is for the case that it never reports.
    const answer = await requested(this.wx, 'request', options, this.timeout + 2000)
    const body = parsed(answer.data)
    if (answer.statusCode >= 200 && answer.statusCode < 300) return { body, answer }
    throw refusal(body, answer)
  }
}

function sessionIn(body: any, answer: WxAnswer): Session {
  if (body && body.status === 'loggedIn' && isText(body.token) && isUser(body.user)) {
    return { token: body.token, user: body.user }
  }
  throw notOurs(answer)
}

function userIn(found: unknown, answer: WxAnswer): User {
  if (isUser(found)) return found
  throw notOurs(answer)
}

function refusal(body: any, answer: WxAnswer): WeappLoginError {
  const retries: Retry[] = ['none', 'restart', 'getUserInfo', 'getPhoneNumber', 'later']
  if (!body || !isText(body.code) || retries.indexOf(body.retry) < 0) return notOurs(answer)
  return new WeappLoginError({
    code: body.code as WeappLoginError['code'],
    retry: body.retry,
    status: answer.statusCode,
    detail: String(body.detail || body.title || ''),
    requestId: String(body.requestId || ''),
    retryAfter: secondsToWait(answer)
  })
}

/** Somebody between the phone and the service answered: a proxy that is overloaded, a hotel's sign-in page. */
function notOurs(answer: WxAnswer): WeappLoginError {
  const status = answer.statusCode
  const passing = status < 400 || status >= 500 || status === 408 || status === 429
  return new WeappLoginError({
    code: 'bad_answer',
    retry: passing ? 'later' : 'none',
    status,
    detail: 'status ' + status + ' with an answer that is not the login service\'s',
    requestId: headerOf(answer, 'x-request-id'),
    retryAfter: secondsToWait(answer)
  })
}

/** `Retry-After` in seconds. Its other form, a date, would need a clock that is right. */
function secondsToWait(answer: WxAnswer): number | null {
  const value = headerOf(answer, 'retry-after').trim()
  return /^\d{1,9}$/.test(value) ? Number(value) : null
}

/** wx.request hands over the text itself where it could not parse it, which includes media types some phones skip. */
export function parsed(data: unknown): any {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch (_) {
    return null
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
