const privacy = require('../../privacy.js')

Component({
  data: { asked: false },

  lifetimes: {
    attached() {
      const show = (/** @type {boolean} */ asked) => this.setData({ asked })
      privacy.dialogs.add(show)
      Object.assign(this, { show })
      show(privacy.asked())
    },
    detached() {
      privacy.dialogs.delete(/** @type {any} */ (this).show)
    }
  },

  methods: {
    openContract() {
      wx.openPrivacyContract({})
    },
    onAgree() {
      privacy.answer('agree', 'agree')
    },
    onDisagree() {
      privacy.answer('disagree')
    }
  }
})
