import type { ServerErrorCode } from './error-codes.js'

/** What went wrong on the phone, before or instead of an answer of the service. None of these is a code of the service. */
export type ClientErrorCode =
  /** `wx.login` failed or gave no code, several times in a row. */
  | 'wx_login_failed'
  /** `wx.getUserInfo` was refused, and no other way needs no tap; `reason` tells by whom or what. */
  | 'user_info_denied'
  /** `wx.getUserInfo` failed for another reason, several times in a row. */
  | 'user_info_failed'
  /** This person is new, and the service takes new people by their phone number only: `registerByPhone`. */
  | 'phone_required'
  /** The phone number was refused; `reason` tells by whom or what. */
  | 'phone_denied'
  /** WeChat gave no phone number: no right to it, its quota is spent, or the event's `detail` holds no data. */
  | 'phone_failed'
  /** `avatarUrl` is a path on this phone, as `chooseAvatar` yields it: upload the file first, and pass its address. */
  | 'avatar_not_uploaded'
  /** The phone could not read the file to upload, or not store the one it downloads. */
  | 'file_failed'
  /** The request did not get through, or its answer did not come back. */
  | 'network_failed'
  /** No answer within the time limit. */
  | 'timed_out'
  /** WeChat refuses the address: it is not among the request domains set in the mini program's console. */
  | 'domain_not_allowed'
  /** The answer is not one of the service: a proxy's page, a captive portal, a wrong `baseUrl`. */
  | 'bad_answer'
  /** `logout()` was called, and `login()` was not called since. */
  | 'signed_out'

/**
 * Who or what refused `wx.getUserInfo` or the phone number:
 *
 * - `privacy_undeclared`: the mini program's privacy guideline does not name this data (errno 112); the developer adds it
 * - `privacy_not_agreed`: the person has not agreed to the privacy guideline (errno 104), and may still do so
 * - `person_refused`: the person said no
 * - `not_supported`: this version of WeChat does not have the call
 */
export type DeniedReason = 'privacy_undeclared' | 'privacy_not_agreed' | 'person_refused' | 'not_supported'

/**
 * What may be done about an error:
 *
 * - `none`: nothing that would help
 * - `restart`: sign in again from `wx.login`
 * - `getUserInfo`: the same ticket with fresh data of `wx.getUserInfo`
 * - `getPhoneNumber`: the same ticket or session, once the person has tapped the phone button again
 * - `later`: the same again, after `retryAfter` seconds where given
 *
 * The client has followed it already, as often as its bounds allow, when an error reaches the caller.
 */
export type Retry = 'none' | 'restart' | 'getUserInfo' | 'getPhoneNumber' | 'later'

/** Everything an error of this client tells besides its message. */
export interface WeappLoginErrorFields {
  /** A code of the service, or one of this client. A newer service may send one that is not listed here. */
  readonly code: ServerErrorCode | ClientErrorCode
  readonly retry: Retry
  /** HTTP status of the answer; 0 when there was none. */
  readonly status: number
  /** For developers, in English: the service's `detail`, or WeChat's `errMsg`. Not meant to be shown to people. */
  readonly detail: string
  /** Finds the request in the service's logs; empty when no answer came. */
  readonly requestId: string
  /** Seconds after which the service wants to be asked again; `null` when it did not say. */
  readonly retryAfter: number | null
  /** Of `user_info_denied` and `phone_denied`: who or what refused; `null` otherwise. */
  readonly reason: DeniedReason | null
}

/** The only kind of error that the client rejects with. */
export class WeappLoginError extends Error implements WeappLoginErrorFields {
  readonly code: ServerErrorCode | ClientErrorCode
  readonly retry: Retry
  readonly status: number
  readonly detail: string
  readonly requestId: string
  readonly retryAfter: number | null
  readonly reason: DeniedReason | null

  constructor(fields: Pick<WeappLoginErrorFields, 'code' | 'retry' | 'detail'> & Partial<WeappLoginErrorFields>) {
    super(fields.code + ': ' + fields.detail)
    // WeChat's tools may rewrite classes to functions, which would leave `instanceof` false for a subclass of Error.
    Object.setPrototypeOf(this, WeappLoginError.prototype)
    this.name = 'WeappLoginError'
    this.code = fields.code
    this.retry = fields.retry
    this.status = fields.status || 0
    this.detail = fields.detail
    this.requestId = fields.requestId || ''
    this.retryAfter = fields.retryAfter === undefined ? null : fields.retryAfter
    this.reason = fields.reason || null
  }
}

/** Whether the request that ended in `error` may have been carried out, its answer being what was lost. */
export function mayHaveHappened(error: unknown): boolean {
  return error instanceof WeappLoginError && ['network_failed', 'timed_out', 'bad_answer'].indexOf(error.code) >= 0
}
