const account = require('../../account.js')
const auth = require('../../auth.js')
const cart = require('../../cart.js')
const { run } = require('../../screen.js')

Page({
  data: {
    user: auth.user,
    message: '',
    busy: false,
    goods: ['苹果', '香蕉', '橙子'],
    count: 0
  },

  async onLoad() {
    // The person of the last visit is on the screen at once; the service's answer follows. Nobody is asked anything.
    this.setData({ user: auth.user })
    await run(this, () => account.recognised())
  },

  onShow() {
    this.setData({ user: auth.user, count: cart.items.length })
  },

  /**
   * The first thing that needs an account, and so the moment that makes one.
   *
   * @param {WechatMiniprogram.TouchEvent} event
   */
  onAdd(event) {
    return run(this, async () => {
      await account.needed()
      cart.add(event.currentTarget.dataset.name)
      this.setData({ count: cart.items.length })
    })
  },

  toCheckout() {
    wx.navigateTo({ url: '/pages/checkout/checkout' })
  },

  toProfile() {
    wx.navigateTo({ url: '/pages/profile/profile' })
  }
})
