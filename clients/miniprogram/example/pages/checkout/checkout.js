const account = require('../../account.js')
const auth = require('../../auth.js')
const cart = require('../../cart.js')
const { run } = require('../../screen.js')

Page({
  data: {
    user: auth.user,
    message: '',
    busy: false,
    items: cart.items,
    ordered: 0
  },

  onShow() {
    this.setData({ user: auth.user, items: cart.items })
  },

  /**
   * Signs in, registers or binds: whatever it takes for the person to have an account with a number.
   *
   * @param {WechatMiniprogram.ButtonGetPhoneNumber} event
   */
  async onGetPhoneNumber(event) {
    if (await run(this, () => account.withPhone(event.detail))) this.onOrder()
  },

  onOrder() {
    this.setData({ ordered: cart.order(), items: [] })
  }
})
