import type { Catalogue } from "./texts.ts";

export const zh: Catalogue = {
  locale: "zh-CN",
  name: "中文",
  service: "溯源",
  tagline: "全球质量溯源",
  verdicts: {
    genuine: {
      title: "正品溯源码",
      meaning: "此码确为下列商品签发，状态正常。",
      advice: ["请核对手中商品的名称、批次和日期是否与本页信息一致。"],
    },
    not_activated: {
      title: "尚未激活",
      meaning: "此码已签发，但企业尚未将其激活，带有此码的商品还不应在市场上销售。",
      advice: ["如果是从商店或网上购得，请暂不使用，并向销售者询问。", "销售者无法说明的，请投诉举报。"],
    },
    suspicious: {
      title: "情况可疑",
      meaning: "此码确已签发，但与手中商品不相符。",
      advice: ["请勿使用，保留商品、包装和购买凭证。", "请联系销售者，并投诉举报。"],
    },
    recalled: {
      title: "商品已召回",
      meaning: "带有此码的商品正在召回，请勿使用或食用。",
      advice: ["立即停止使用，并与其他商品分开放置。", "保留商品、包装和购买凭证，联系销售者退货或更换。"],
    },
    void: {
      title: "溯源码已失效",
      meaning: "此码已不再有效。",
      advice: ["带有此码的商品不应在售，请勿使用。", "保留商品和购买凭证，联系销售者，并投诉举报。"],
    },
    unknown: {
      title: "查无此码",
      meaning: "本平台从未签发此码。校验位正确，因此几乎不可能是输入有误。",
      advice: [
        "如果标签上印的确是此码，该标签不是本平台签发的，商品可能为假冒。",
        "请勿使用，保留商品和购买凭证，并投诉举报。",
      ],
    },
    mistyped: {
      title: "输入有误",
      meaning: "这不是一个完整正确的溯源码，请重新核对。",
      advice: ["请对照标签重新输入 16 位溯源码，或用相机重新扫描二维码。"],
    },
  },
  reasons: {
    gtin_mismatch: "二维码所示的商品条码与此码所属的商品不同，标签可能是从其他商品上移来的。",
    sampled: "此件商品已被抽作检验样品，不应在市场上销售。",
    void: "企业已将此码作废，例如因标签损坏。",
    destroyed: "带有此码的商品已登记销毁。",
    expired: "此码未在规定期限内激活，已经过期。",
    length: "溯源码应为 16 位。",
    character: (position) =>
      position === undefined
        ? "溯源码中有不应出现的字符。"
        : `第 ${position} 个字符不属于溯源码。溯源码只有数字和英文字母，且没有字母 U。`,
    check: "校验位不符：有字符看错，或有字符颠倒。",
    link: "此链接中没有单件商品的溯源码。",
  },
  code: "溯源码",
  whatToDo: "接下来怎么做",
  complain: "在中国内地，可拨打 12315 投诉举报。",
  scans: {
    title: "扫描记录",
    none: "此码尚无扫描记录。",
    first: "这是此码的首次扫描",
    repeated: (count) => `此码已被扫描 ${count} 次`,
    firstOn: (moment) => `首次扫描：${moment}`,
    repeatNote:
      "多次扫描不等于假货：店员、家人或您自己都可能扫过。如果您刚买到全新未拆封的商品，而首次扫描与您无关，请向销售者核实。",
  },
  caution: {
    title: "请注意：此码在多处被扫描",
    scannedWidely: ({ countries, networks, hours, since }) => {
      const places = [
        ...(countries > 1 ? [`${countries} 个国家和地区`] : []),
        ...(networks > 1 ? [`${networks} 个网络`] : []),
      ].join("、");
      return `过去 ${hours} 小时内（自 ${since} 起），此码在 ${places}被扫描，可能有多件商品使用了同一个码。`;
    },
    note: "任何人都可以扫码，仅凭这一点不能认定为假货。请向销售者核实商品来源；标签带有验证码的，请刮开核对。",
  },
  recall: {
    title: "召回信息",
    number: "召回编号",
    level: "级别",
    reason: "原因",
    advice: "处理办法",
    since: "召回日期",
  },
  product: {
    title: "商品信息",
    unnamed: "（未公开名称）",
    brand: "品牌",
    specification: "规格",
    category: "类别",
    origin: "原产国（地）",
    lot: "批次",
    productionDate: "生产日期",
    expiryDate: "保质期至",
    pastExpiry: "已过保质期",
    gtin: "商品条码",
    tradeMode: "贸易方式",
    enterprise: "申领企业",
  },
  journey: {
    title: "流转历程",
    empty: "暂无公开的流转记录。",
    sources: { enterprise: "企业自报", assessor: "第三方", authority: "监管部门", operator: "平台" },
    sourceNote: "每一步都标明由谁提供：企业自报、第三方或监管部门。",
    signed: "已签名",
    corrected: "此记录已被更正",
    conformant: "合格",
    nonConformant: "不合格",
    report: "报告",
  },
  pin: {
    title: "刮开涂层，进一步验证",
    explain: "刮开标签涂层，输入 6 位验证码。验证码只应由第一位购买者刮开。",
    label: "6 位验证码",
    submit: "验证",
    opened: "验证码正确，且为首次使用。",
    alreadyOpened: (when) => `验证码正确，但已于 ${when} 使用过。如果不是您本人，请向销售者核实。`,
    wrong: (triesLeft) => `验证码不正确，还可以再试 ${triesLeft} 次。`,
    locked: (when) => `尝试次数过多，请在 ${when} 之后再试。`,
    malformed: "验证码应为 6 位数字。",
  },
  form: {
    title: "输入溯源码",
    label: "标签上的 16 位溯源码",
    placeholder: "45VF-V6GS-11R1-9J3B",
    help: "不区分大小写，可不输入短横线。",
    submit: "查询",
  },
  home: { title: "查询商品真伪与来源", lead: "用手机相机扫描标签上的二维码，或在此输入溯源码。" },
  disclaimer: "溯源码证明的是标签；标签可能被复制，请结合商品本身判断。",
  unknownRegion: "地区不详",
  footer: "溯源记录公开存证，可由任何人独立核验。",
};
