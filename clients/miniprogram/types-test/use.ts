// Compiled, never run: what a mini program in TypeScript may write, and what it must not.
import {
  createWeappLogin,
  isWeappLoginError,
  type ClientErrorCode,
  type DeniedReason,
  type ServerErrorCode,
  type User,
  type WeappLogin,
  type WxLike
} from 'weapp-login-client'
import { createPhone, type Phone } from 'weapp-login-client/testing'

const auth: WeappLogin = createWeappLogin({ baseUrl: 'https://login.example.com' })

// WeChat's own `wx` is enough for the client.
const phone: WxLike = wx
createWeappLogin({ baseUrl: 'https://login.example.com', wx: phone, appId: 'wx0123456789abcdef', tokenOrigins: [] })
// @ts-expect-error: there is no client without an address
createWeappLogin({})

Page({
  async onLoad() {
    const known: User | null = await auth.login({ create: false })
    // @ts-expect-error: somebody new is nobody yet
    this.setData({ id: known.id })
    const user: User = await auth.login()
    const phoneNumber: string | null = user.phone
    const gender: 0 | 1 | 2 = user.gender
    this.setData({ phoneNumber, gender, nickname: auth.user === null ? '' : auth.user.nickname })
    // @ts-expect-error: the client sets the user
    auth.user = null
  },

  // The event of WeChat's typings is what bindPhone takes.
  async onGetPhoneNumber(event: WechatMiniprogram.ButtonGetPhoneNumber) {
    await auth.bindPhone(event.detail)
    const user: User = await auth.registerByPhone(event.detail)
    this.setData({ phoneNumber: user.phone })
  },

  async onNickname(event: WechatMiniprogram.FormSubmit) {
    await auth.updateProfile({ nickname: event.detail.value.nickname })
    // @ts-expect-error: the phone number is proved by WeChat, not typed in
    await auth.updateProfile({ phone: '+8613800000000' })
  },

  async onOrders() {
    const answer = await auth.request<{ orders: string[] }>({ url: '/orders', method: 'GET', enableHttp2: true })
    const orders: string[] = answer.data.orders
    const status: number = answer.statusCode
    this.setData({ orders, status })
    // @ts-expect-error: the answer comes as a Promise
    await auth.request({ url: '/orders', success: () => {} })
    // @ts-expect-error: wx.request knows no PATCH
    await auth.request({ url: '/orders/1', method: 'PATCH' })
  },

  async onFiles(event: WechatMiniprogram.CustomEvent<{ avatarUrl: string }>) {
    const file = { url: '/avatars', filePath: event.detail.avatarUrl, name: 'file' }
    const upload = await auth.upload(file, (task: WechatMiniprogram.UploadTask) => task.onProgressUpdate(() => {}))
    const text: string = upload.data
    const { tempFilePath, statusCode } = await auth.download({ url: '/receipt' })
    const socket = await auth.connectSocket<WechatMiniprogram.SocketTask>({ url: 'wss://login.example.com/chat' })
    socket.send({ data: text + tempFilePath + statusCode })
    // At once, and of the type that WeChat's own call wants.
    wx.uploadFile(auth.authorize({ ...file, url: 'https://login.example.com/avatars', success: () => {} }))
    wx.connectSocket(auth.authorize({ url: 'wss://login.example.com/chat' }))
    // @ts-expect-error: an upload has a file
    await auth.upload({ url: '/avatars' })
  },

  async onSignOut() {
    const confirmed: boolean = await auth.logout()
    await auth.deleteAccount()
    this.setData({ confirmed })
  }
})

function explain(error: unknown): string {
  if (!isWeappLoginError(error)) return 'unknown'
  const { code, retry, status, detail, requestId, retryAfter } = error
  const reason: DeniedReason | null = error.reason
  if (reason === 'privacy_undeclared') return 'the guideline'
  if (retry === 'getPhoneNumber') return 'tap again'
  const known: ServerErrorCode | ClientErrorCode = code
  if (known === 'user_info_denied') return 'denied'
  if (retry === 'later') return 'again in ' + (retryAfter === null ? 'a moment' : retryAfter + ' s')
  // @ts-expect-error: no such code
  if (code === 'wechat_is_down') return 'never'
  return status + detail + requestId
}
explain(null)

async function onTheDesk(): Promise<void> {
  const held: Phone = createPhone({ simulator: 'http://127.0.0.1:8080', person: 'alice', appId: 'wx0', timeout: 100 })
  held.fault({ api: 'request', kind: 'loseAnswer', path: '/v1/register', errMsg: 'request:fail timeout' })
  await createWeappLogin({ baseUrl: 'http://127.0.0.1:8080', wx: held.wx }).registerByPhone(await held.tapPhoneButton())
  // @ts-expect-error: no such thing goes wrong
  held.fault({ api: 'request', kind: 'explode' })
}
onTheDesk()
