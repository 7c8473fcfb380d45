const account = require('../../account.js')
const auth = require('../../auth.js')
const { storeAvatar } = require('../../avatar.js')
const { run } = require('../../screen.js')
const settings = require('../../settings.js')

Page({
  data: {
    user: auth.user,
    message: '',
    busy: false,
    canUpload: settings.avatarUploadUrl !== '',
    hasContract: false
  },

  onShow() {
    this.setData({ user: auth.user, hasContract: typeof wx.openPrivacyContract === 'function' })
  },

  signIn() {
    return run(this, () => account.needed())
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
    return run(this, () => auth.updateProfile({ nickname }))
  },

  /** @param {WechatMiniprogram.CustomEvent<{ avatarUrl: string }>} event */
  onChooseAvatar(event) {
    return run(this, () => storeAvatar(event.detail.avatarUrl))
  },

  /** @param {WechatMiniprogram.ButtonGetPhoneNumber} event */
  onGetPhoneNumber(event) {
    return run(this, () => auth.bindPhone(event.detail))
  },

  openContract() {
    wx.openPrivacyContract({})
  },

  signOut() {
    return run(this, () => account.signOut())
  },

  async onErase() {
    const { confirm } = await wx.showModal({ title: '注销账号', content: '账号与个人信息将被删除，无法恢复', confirmColor: '#cc3333' })
    if (confirm) await run(this, () => account.erase())
  }
})
