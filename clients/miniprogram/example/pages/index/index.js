const auth = require('../../auth.js')
const { storeAvatar } = require('../../avatar.js')
const { messageFor } = require('../../messages.js')
const settings = require('../../settings.js')

Page({
  data: {
    user: auth.user,
    message: '',
    busy: false,
    canUpload: settings.avatarUploadUrl !== ''
  },

  onLoad() {
    // The person of the last visit is on the screen at once; the service's answer follows.
    this.setData({ user: auth.user })
    return this.signIn()
  },

  signIn() {
    return this.run(() => auth.login())
  },

  /**
   * A form, and not the input's blur: WeChat checks a nickname after the blur, and clears what does not pass.
   *
   * @param {WechatMiniprogram.FormSubmit} event
   */
  onNickname(event) {
    const nickname = event.detail.value.nickname.trim()
    const user = auth.user
    if (nickname === '' || (user && user.nickname === nickname)) return undefined
    return this.run(() => auth.updateProfile({ nickname }))
  },

  /** @param {WechatMiniprogram.CustomEvent<{ avatarUrl: string }>} event */
  onChooseAvatar(event) {
    return this.run(() => storeAvatar(event.detail.avatarUrl))
  },

  /** @param {WechatMiniprogram.ButtonGetPhoneNumber} event */
  onGetPhoneNumber(event) {
    return this.run(() => auth.bindPhone(event.detail))
  },

  signOut() {
    return this.run(() => auth.logout())
  },

  /**
   * Runs `step` and shows what came of it.
   *
   * @param {() => Promise<unknown>} step
   */
  async run(step) {
    this.setData({ busy: true, message: '' })
    let message = ''
    try {
      await step()
    } catch (error) {
      message = messageFor(error)
    }
    this.setData({ busy: false, user: auth.user, message })
  }
})
