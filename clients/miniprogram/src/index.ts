export { createWeappLogin, isWeappLoginError } from './client.js'
export type { WeappLogin, WeappLoginOptions } from './client.js'
export { WeappLoginError } from './errors.js'
export type { ClientErrorCode, DeniedReason, Retry, WeappLoginErrorFields } from './errors.js'
export type { ServerErrorCode } from './error-codes.js'
export type { User } from './user.js'
export type {
  DownloadOptions,
  DownloadResult,
  OnTask,
  RequestOptions,
  RequestResult,
  SocketOptions,
  UploadOptions,
  UploadResult
} from './authorized-calls.js'
export type { PhoneDetail } from './own-data.js'
export type { ProfileChange } from './service.js'
export type { WxAnswer, WxFailure, WxLike, WxUserInfo } from './wx.js'
