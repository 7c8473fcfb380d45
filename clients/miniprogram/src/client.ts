import { originOf } from './address.js'
import {
  AuthorizedCalls,
  type DownloadOptions,
  type DownloadResult,
  type OnTask,
  type RequestOptions,
  type RequestResult,
  type SocketOptions,
  type UploadOptions,
  type UploadResult
} from './authorized-calls.js'
import { WeappLoginError } from './errors.js'
import { KeptSession } from './kept-session.js'
import { OwnData, type PhoneDetail } from './own-data.js'
import { Service, type ProfileChange } from './service.js'
import { SharedLogin } from './shared-login.js'
import type { User } from './user.js'
import { loginCode, type WxLike } from './wx.js'

/** How the client is set up; only `baseUrl` is needed. */
export interface WeappLoginOptions {
  /** Where the login service is, such as `https://login.example.com`; a path in it is kept. */
  baseUrl: string
  /** The mini program's app id. By default WeChat is asked for it, so that many can share one service. */
  appId?: string
  /** Further origins that may get the token, such as `https://api.example.com`. `baseUrl`'s own always may, no other. */
  tokenOrigins?: string[]
  /** Time limit of one request to the service and of one call to WeChat, in milliseconds; default 15,000. */
  timeout?: number
  /** How often a failed step is tried again within one call, a time-out counting twice; default 4. */
  retries?: number
  /** The first pause before trying again, in milliseconds, doubled each time; default 500. */
  retryDelay?: number
  /** A pause the service asks for that is longer than this is not waited for, in milliseconds; default 10,000. */
  maxWait?: number
  /** In place of the global `wx`. */
  wx?: WxLike
}

/** A mini program's end of the login service. Make one, in `app.js`, and share it. */
export interface WeappLogin {
  /**
   * Signs in, and registers a person who is new.
   *
   * A kept session is confirmed by one request; a known person without one takes `wx.login` and one request; a new one
   * is registered in the first of the service's ways that needs no tap and that this phone allows. Calls made meanwhile
   * share it. Rejects with `phone_required` where new people are registered by phone only.
   *
   * With `create: false` nobody is registered and nothing is asked of the person: `null` means somebody new.
   */
  login(options?: { create?: true }): Promise<User>
  login(options: { create?: boolean }): Promise<User | null>
  /**
   * Signs in by a tap on `<button open-type="getPhoneNumber">` (or `getRealtimePhoneNumber`); takes the event's `detail`.
   * Somebody new is registered with the number, to somebody known it is bound.
   */
  registerByPhone(detail: PhoneDetail): Promise<User>
  /**
   * `wx.request` with the token, as a Promise; signs in first where needed.
   *
   * Any status is a success, as with `wx.request`. When the session is refused, one login is shared by all callers and
   * the request is sent once more. The token goes to `baseUrl`'s origin and to `tokenOrigins` only; other addresses are
   * requested without it.
   */
  request<Data = any>(options: RequestOptions, onTask?: OnTask): Promise<RequestResult<Data>>
  /** `wx.uploadFile`, as `request` does it. */
  upload(options: UploadOptions, onTask?: OnTask): Promise<UploadResult>
  /** `wx.downloadFile`, as `request` does it. */
  download(options: DownloadOptions, onTask?: OnTask): Promise<DownloadResult>
  /**
   * `wx.connectSocket`, as a Promise of the socket once it is open. When it does not open because the session ended,
   * one login is shared by all callers and the socket is connected once more.
   */
  connectSocket<Task = any>(options: SocketOptions): Promise<Task>
  /**
   * The same options with the token in `header`, for WeChat's calls made by yourself or by another library. Only where
   * the token may go, and only while somebody is signed in: otherwise without it. A path is taken below `baseUrl`.
   */
  authorize<Options extends { url: string; header?: object }>(options: Options): Options
  /** Stores the phone number behind a tap on `<button open-type="getPhoneNumber">`; takes the event's `detail`. */
  bindPhone(detail: PhoneDetail): Promise<User>
  /** Stores a nickname or an avatar's address; a path on this phone is refused with `avatar_not_uploaded`. */
  updateProfile(change: ProfileChange): Promise<User>
  /**
   * Signs out. The phone forgets the session at once; the value tells whether the service could be told too. Requests
   * reject with `signed_out` until `login` is called. Never rejects.
   */
  logout(): Promise<boolean>
  /** Erases the person at the service, for good, and forgets them here. Afterwards as after `logout`. */
  deleteAccount(): Promise<void>
  /** Who is signed in, also right after a start, before the service was asked; `null` when nobody is. */
  readonly user: User | null
}

/**
 * The client for one login service. Its methods may be taken out of the object.
 *
 * Throws a `TypeError` when `baseUrl` or one of `tokenOrigins` is no plain http or https address, or when there is no `wx`.
 */
export function createWeappLogin(options: WeappLoginOptions): WeappLogin {
  const api = options.wx || globalWx()
  const baseUrl = String(options.baseUrl).replace(/\/+$/, '')
  const tokenOrigins = [baseUrl, ...(options.tokenOrigins || [])].map(checkedOrigin)
  const timeout = given(options.timeout, 15000)
  const limits = {
    retries: given(options.retries, 4),
    retryDelay: given(options.retryDelay, 500),
    maxWait: given(options.maxWait, 10000)
  }

  const kept = new KeptSession(api, baseUrl)
  const service = new Service(api, baseUrl, options.appId || ownAppId(api), timeout)
  const login = new SharedLogin(api, service, kept, limits, timeout)
  const calls = new AuthorizedCalls(api, login, baseUrl, tokenOrigins, timeout)
  const ownData = new OwnData(service, login, kept, limits, () => loginCode(api, timeout))

  return {
    login: ((how?: { create?: boolean }) =>
      how && how.create === false
        ? login.look().then(session => session && session.user)
        : login.login().then(session => session.user)) as WeappLogin['login'],
    registerByPhone: detail => ownData.registerByPhone(detail),
    request: (request, onTask) => calls.send('request', request, onTask),
    upload: (upload, onTask) => calls.send('uploadFile', upload, onTask),
    download: (download, onTask) => calls.send('downloadFile', download, onTask),
    connectSocket: socket => calls.connect(socket),
    authorize: call => calls.authorize(call, kept.session && kept.session.token),
    bindPhone: detail => ownData.bindPhone(detail),
    updateProfile: change => ownData.updateProfile(change),
    logout: () => login.logout(),
    deleteAccount: () => ownData.deleteAccount(),
    get user() {
      return kept.session && kept.session.user
    }
  }
}

/** Whether an error is one of this client; `instanceof` can fail where two copies of the package are loaded. */
export function isWeappLoginError(error: unknown): error is WeappLoginError {
  return typeof error === 'object' && error !== null && (error as Error).name === 'WeappLoginError'
}

function globalWx(): WxLike {
  if (typeof wx === 'undefined') throw new TypeError('weapp-login: no global wx; pass one as the option wx')
  return wx
}

function checkedOrigin(address: string): string {
  const origin = originOf(address)
  if (origin === null) throw new TypeError('weapp-login: not a plain http or https address: ' + address)
  return origin
}

function given(value: number | undefined, otherwise: number): number {
  return value === undefined ? otherwise : value
}

function ownAppId(api: WxLike): string | undefined {
  try {
    return api.getAccountInfoSync && api.getAccountInfoSync().miniProgram.appId
  } catch (_) {
    // The service takes the only mini program it knows.
    return undefined
  }
}
