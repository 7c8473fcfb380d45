import { originOf, resolved } from './address.js'
import type { SharedLogin } from './shared-login.js'
import { headerOf, requested, type WxAnswer, type WxLike } from './wx.js'

/** The options of `wx.request`, without its callbacks. Others than these are handed on as they are. */
export interface RequestOptions {
  /** Absolute, or a path below `baseUrl`. */
  url: string
  method?: 'OPTIONS' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'CONNECT'
  data?: string | object | ArrayBuffer
  header?: Record<string, string>
  /** Milliseconds; WeChat's own default is 60 seconds. */
  timeout?: number
  dataType?: string
  responseType?: 'text' | 'arraybuffer'
  // The Promise takes their place: a callback would see the refusal that the second try makes good.
  success?: undefined
  fail?: undefined
  complete?: undefined
  [option: string]: unknown
}

/** What `wx.request` hands to `success`; any status is a success. */
export interface RequestResult<Data = any> {
  data: Data
  statusCode: number
  header: Record<string, any>
  cookies?: string[]
  errMsg?: string
}

/** `wx.request` for addresses that may learn the token, and for any other without it. */
export class AuthorizedRequest {
  constructor(
    private readonly wx: WxLike,
    private readonly login: SharedLogin,
    private readonly baseUrl: string,
    /** As `originOf` writes them. */
    private readonly tokenOrigins: ReadonlyArray<string | null>
  ) {}

  async send(options: RequestOptions): Promise<WxAnswer> {
    const { success, fail, complete, ...rest } = options
    const url = resolved(this.baseUrl, options.url)
    const origin = originOf(url)
    const authorized = Object.keys(options.header || {}).some(name => name.toLowerCase() === 'authorization')
    if (authorized || origin === null || this.tokenOrigins.indexOf(origin) < 0) {
      return requested(this.wx, { ...rest, url }, null)
    }
    const withToken = (token: string) => {
      const header = { ...options.header, Authorization: 'Bearer ' + token }
      return requested(this.wx, { ...rest, url, header }, null)
    }
    const token = await this.login.token()
    const answer = await withToken(token)
    if (!refusesSession(answer)) return answer
    // Replayed once. A second refusal is the caller's answer: signing in a third time would not change it.
    return withToken(await this.login.tokenInsteadOf(token))
  }
}

/**
 * Whether a 401 is about our token: the login service says so in its `code`. A gateway that asks the service before it
 * lets a request through answers with its own page, and with the challenge of RFC 6750.
 */
function refusesSession(answer: WxAnswer): boolean {
  if (answer.statusCode !== 401) return false
  if (answer.data && answer.data.code === 'session_invalid') return true
  return /^bearer\b/i.test(headerOf(answer, 'www-authenticate'))
}
