import { originOf, resolved } from './address.js'
import { parsed } from './service.js'
import type { SharedLogin } from './shared-login.js'
import { headerOf, opened, requested, type WxAnswer, type WxLike } from './wx.js'

interface CallOptions {
  /** Absolute, or a path below `baseUrl`. */
  url: string
  header?: Record<string, string>
  /** Milliseconds; WeChat's own default is 60 seconds. */
  timeout?: number
  // The Promise takes their place: a callback would see the refusal that the second try makes good.
  success?: undefined
  fail?: undefined
  complete?: undefined
  [option: string]: unknown
}

/** The options of `wx.request`, without its callbacks. Others than these are handed on as they are. */
export interface RequestOptions extends CallOptions {
  method?: 'OPTIONS' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'CONNECT'
  data?: string | object | ArrayBuffer
  dataType?: string
  responseType?: 'text' | 'arraybuffer'
}

/** The options of `wx.uploadFile`, without its callbacks. */
export interface UploadOptions extends CallOptions {
  filePath: string
  /** Of the form's field that holds the file. */
  name: string
  formData?: Record<string, any>
}

/** The options of `wx.downloadFile`, without its callbacks. */
export interface DownloadOptions extends CallOptions {
  filePath?: string
}

/** The options of `wx.connectSocket`, without its callbacks. A path is taken below `baseUrl`, with `wss` for `https`. */
export interface SocketOptions extends CallOptions {
  protocols?: string[]
}

/** What `wx.request` hands to `success`; any status is a success. */
export interface RequestResult<Data = any> {
  data: Data
  statusCode: number
  header: Record<string, any>
  cookies?: string[]
  errMsg?: string
}

/** What `wx.uploadFile` hands to `success`: the answer is text, whatever it holds. */
export interface UploadResult {
  data: string
  statusCode: number
  header?: Record<string, any>
  errMsg?: string
}

/** What `wx.downloadFile` hands to `success`; with a status other than 200 the file is the refusal's page. */
export interface DownloadResult {
  tempFilePath: string
  filePath?: string
  statusCode: number
  header?: Record<string, any>
  errMsg?: string
}

/** Sees the task of each try, to abort it or to follow its progress. */
export type OnTask = (task: any) => void

interface SocketOutcome {
  readonly task?: any
  readonly error?: unknown
}

/** WeChat's calls to servers, with the token for addresses that may learn it, and without it for any other. */
export class AuthorizedCalls {
  constructor(
    private readonly wx: WxLike,
    private readonly login: SharedLogin,
    private readonly baseUrl: string,
    /** As `originOf` writes them. */
    private readonly tokenOrigins: ReadonlyArray<string | null>,
    private readonly socketLimit: number
  ) {}

  /** `options` with the address in full, and with `token` where it may go. */
  authorize<Options extends { url: string; header?: object }>(options: Options, token: string | null): Options {
    const whole = { ...options, url: resolved(this.baseUrl, options.url) }
    if (token === null || !this.takesToken(whole)) return whole
    return { ...whole, header: { ...options.header, Authorization: 'Bearer ' + token } }
  }

  send(api: 'request' | 'uploadFile' | 'downloadFile', options: CallOptions, onTask?: OnTask): Promise<any> {
    const { success, fail, complete, ...rest } = options
    return this.withToken(
      { ...rest, url: resolved(this.baseUrl, rest.url) },
      whole => requested(this.wx, api, whole, null, onTask),
      async answer => refusesSession(answer)
    )
  }

  connect(options: SocketOptions): Promise<any> {
    const { success, fail, complete, ...rest } = options
    const url = resolved(this.baseUrl, rest.url).replace(/^http/i, 'ws')
    const limit = options.timeout || this.socketLimit
    return this.withToken<SocketOutcome>(
      { ...rest, url },
      whole => opened(this.wx, whole, limit).then(task => ({ task }), error => ({ error })),
      // A phone does not tell a handshake that was refused from one that was lost; the service can tell.
      async (outcome, token) => outcome.error !== undefined && !(await this.login.holds(token))
    ).then(outcome => {
      if (outcome.error !== undefined) throw outcome.error
      return outcome.task
    })
  }

  private async withToken<Outcome>(
    options: { url: string; header?: Record<string, string> },
    attempt: (options: object) => Promise<Outcome>,
    refused: (outcome: Outcome, token: string) => Promise<boolean>
  ): Promise<Outcome> {
    if (!this.takesToken(options)) return attempt(options)
    const token = await this.login.token()
    const outcome = await attempt(this.authorize(options, token))
    if (!(await refused(outcome, token))) return outcome
    // Replayed once. A second refusal is the caller's answer: signing in a third time would not change it.
    return attempt(this.authorize(options, await this.login.tokenInsteadOf(token)))
  }

  /** Whether the token may go to this address, and no other proof goes there already. */
  private takesToken({ url, header }: { url: string; header?: object }): boolean {
    const origin = originOf(url)
    const proven = Object.keys(header || {}).some(name => name.toLowerCase() === 'authorization')
    return !proven && origin !== null && this.tokenOrigins.indexOf(origin) >= 0
  }
}

/**
 * Whether a 401 is about our token: the login service says so in its `code`. A gateway that asks the service before it
 * lets a request through answers with its own page, and with the challenge of RFC 6750. A download's answer is a file,
 * and of an upload's some phones show no header: what cannot be seen is taken for ours, which costs a login at most.
 */
function refusesSession(answer: WxAnswer): boolean {
  if (answer.statusCode !== 401) return false
  const body = parsed(answer.data)
  if (body && body.code === 'session_invalid') return true
  const challenge = headerOf(answer, 'www-authenticate')
  if (challenge !== '') return /^bearer\b/i.test(challenge)
  return answer.data === undefined || (!answer.header && !body)
}
