import { WeappLoginError, type DeniedReason } from './errors.js'

/** What `wx.*` hands to `fail`. */
export interface WxFailure {
  errMsg?: string
  errno?: number
}

/** What `wx.request` hands to `success`, whatever the status. */
export interface WxAnswer {
  // `any`, because it is the caller who knows what the addressed server answers, exactly as with wx.request.
  data: any
  statusCode: number
  header: Record<string, any>
  cookies?: string[]
  errMsg?: string
}

/** What `wx.getUserInfo` hands to `success` when called with credentials. */
export interface WxUserInfo {
  rawData: string
  signature: string
  encryptedData: string
  iv: string
}

interface Callbacks<Success> {
  success?: (result: Success) => void
  fail?: (failure: any) => void
}

/** The part of `wx` that the client needs; what it can do without is optional. */
export interface WxLike {
  login(options: { timeout?: number } & Callbacks<{ code: string }>): unknown
  /** Not everywhere: where it is missing, people are registered in another way. */
  getUserInfo?(options: { withCredentials?: boolean } & Callbacks<any>): unknown
  request(options: any): unknown
  uploadFile?(options: any): unknown
  downloadFile?(options: any): unknown
  connectSocket?(options: any): any
  getStorageSync(key: string): any
  setStorageSync(key: string, data: any): void
  removeStorageSync(key: string): void
  /** Since base library 2.2.2. */
  getAccountInfoSync?(): { miniProgram: { appId: string } }
}

/** Why a call to WeChat did not succeed: its own words, or that it never answered. */
export interface CallFailure {
  errMsg: string
  errno: number
  timedOut: boolean
}

/**
 * Calls `start` with callbacks and gives what `success` was called with.
 *
 * Callbacks and never the Promise form: base libraries below 2.10.2 do not have it, `wx.request` has it nowhere, and a
 * call that is given callbacks returns no Promise in any version.
 *
 * `limit` in milliseconds ends the wait where WeChat itself keeps silent: the time limit given to `wx.login` is known
 * to be ignored on some phones. Rejects with a [CallFailure], also when `start` itself throws.
 */
export function called<Success>(
  start: (callbacks: { success: (result: Success) => void; fail: (failure: WxFailure) => void }) => unknown,
  limit: number | null
): Promise<Success> {
  return new Promise((resolve, reject) => {
    let timer = 0
    const fail = (failure: WxFailure) => {
      clearTimeout(timer)
      const errMsg = String((failure && failure.errMsg) || failure)
      reject({ errMsg, errno: Number(failure && failure.errno) || 0, timedOut: /time(d )?[- ]?out/i.test(errMsg) })
    }
    if (limit !== null) {
      timer = setTimeout(() => fail({ errMsg: 'no answer within ' + limit + ' ms: timeout' }), limit)
    }
    const success = (result: Success) => {
      clearTimeout(timer)
      resolve(result)
    }
    try {
      start({ success, fail })
    } catch (thrown) {
      fail({ errMsg: String((thrown as Error)?.message || thrown) })
    }
  })
}

/** A one-time code of `wx.login`. */
export function loginCode(wx: WxLike, limit: number): Promise<string> {
  return called<{ code: string }>(callbacks => wx.login({ timeout: limit, ...callbacks }), limit).then(
    ({ code }) => {
      if (typeof code === 'string' && code !== '') return code
      throw new WeappLoginError({ code: 'wx_login_failed', retry: 'later', detail: 'wx.login gave no code' })
    },
    (failure: CallFailure) => {
      throw new WeappLoginError({ code: 'wx_login_failed', retry: 'later', detail: failure.errMsg })
    }
  )
}

/** Signed and encrypted data about the person. WeChat makes it with the session key of the last exchange. */
export function userInfo(wx: WxLike, limit: number): Promise<WxUserInfo> {
  if (typeof wx.getUserInfo !== 'function') {
    const detail = 'this WeChat has no wx.getUserInfo'
    return Promise.reject(new WeappLoginError({ code: 'user_info_denied', retry: 'none', detail, reason: 'not_supported' }))
  }
  return called<WxUserInfo>(callbacks => wx.getUserInfo!({ withCredentials: true, ...callbacks }), limit).then(
    // Only what the service checks: the profile that comes beside it in the clear proves nothing.
    ({ rawData, signature, encryptedData, iv }) => ({ rawData, signature, encryptedData, iv }),
    (failure: CallFailure) => {
      const detail = failure.errMsg
      const reason = deniedReason(failure)
      throw new WeappLoginError(
        reason === null
          ? { code: 'user_info_failed', retry: 'restart', detail }
          : { code: 'user_info_denied', retry: 'none', detail, reason }
      )
    }
  )
}

/** Why a call about personal data was refused; `null` when it failed without anybody's refusal. */
export function deniedReason({ errMsg, errno }: WxFailure): DeniedReason | null {
  const said = errMsg || ''
  // Source: https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
  if (errno === 112 || /not declared in the privacy/i.test(said)) return 'privacy_undeclared'
  if (errno === 104 || /privacy/i.test(said)) return 'privacy_not_agreed'
  if (errno === 103 || /den(y|ied)|cancel|authorize no response|unauthorized/i.test(said)) return 'person_refused'
  return null
}

/** One request, upload or download. Any status is a success; rejects only when no answer came back. */
export function requested(
  wx: WxLike,
  api: 'request' | 'uploadFile' | 'downloadFile',
  options: object,
  limit: number | null,
  onTask?: (task: any) => void
): Promise<WxAnswer> {
  return called<WxAnswer>(callbacks => {
    const task = (wx[api] as WxLike['request'])({ ...options, ...callbacks })
    if (onTask) onTask(task)
  }, limit).catch((failure: CallFailure) => {
    throw unanswered(failure)
  })
}

/** A socket once it is open. */
export async function opened(wx: WxLike, options: object, limit: number): Promise<any> {
  let task: any
  try {
    return await called<any>(({ success, fail }) => {
      task = wx.connectSocket!({ ...options, fail })
      task.onOpen(() => success(task))
      task.onError(fail)
      task.onClose(() => fail({ errMsg: 'connectSocket:fail closed before it was open' }))
    }, limit)
  } catch (failure) {
    // What opens after its time would stay open with nobody to close it.
    if ((failure as CallFailure).timedOut && task) task.close({})
    throw unanswered(failure as CallFailure)
  }
}

function unanswered({ errMsg: detail, timedOut }: CallFailure): WeappLoginError {
  if (/domain list/i.test(detail)) return new WeappLoginError({ code: 'domain_not_allowed', retry: 'none', detail })
  if (/\bfile\b.*(not|no such|exceed)|no such file|file path/i.test(detail)) {
    return new WeappLoginError({ code: 'file_failed', retry: 'none', detail })
  }
  return new WeappLoginError({ code: timedOut ? 'timed_out' : 'network_failed', retry: 'later', detail })
}

/** The value of a header whatever its case: phones hand over some in lower case and some as sent. */
export function headerOf(answer: WxAnswer, name: string): string {
  const header = answer.header || {}
  for (const key of Object.keys(header)) {
    if (key.toLowerCase() === name) return String(header[key])
  }
  return ''
}
