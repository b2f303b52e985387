import type { Kind } from "../core/custody/vocabulary.ts";
import type { Language } from "./language.ts";

/** The name of every event kind in every language: a missing one is a type error. */
const KIND_NAMES: Readonly<Record<Kind, Readonly<Record<Language, string>>>> = {
  applying: { zh: "贴码", en: "Labels applied" },
  commissioning: { zh: "激活", en: "Activated" },
  voiding: { zh: "作废", en: "Code voided" },
  packing: { zh: "装箱", en: "Packed" },
  unpacking: { zh: "拆箱", en: "Unpacked" },
  loading: { zh: "装柜", en: "Loaded" },
  sealing: { zh: "施封", en: "Sealed" },
  unloading: { zh: "卸货", en: "Unloaded" },
  delegating: { zh: "委托", en: "Delegated" },
  purchasing: { zh: "采购", en: "Purchased" },
  shipping: { zh: "发运", en: "Shipped" },
  departing: { zh: "离港", en: "Departed" },
  transporting: { zh: "运输", en: "In transit" },
  arriving: { zh: "到港", en: "Arrived" },
  accepting: { zh: "接收", en: "Accepted" },
  declaring: { zh: "申报", en: "Declared to customs" },
  matching: { zh: "单证对碰", en: "Documents matched" },
  inspecting: { zh: "查验", en: "Inspected" },
  reporting: { zh: "检验报告", en: "Test report attached" },
  sampling: { zh: "抽样", en: "Sampled" },
  holding: { zh: "扣留", en: "Held" },
  releasing: { zh: "放行", en: "Released" },
  storing: { zh: "入库", en: "Stored" },
  dispatching: { zh: "出库", en: "Dispatched" },
  selling: { zh: "销售", en: "Sold" },
  consuming: { zh: "使用", en: "Consumed" },
  exporting: { zh: "出口", en: "Exported" },
  returning: { zh: "退货", en: "Returned" },
  repairing: { zh: "整改", en: "Repaired" },
  destroying: { zh: "销毁", en: "Destroyed" },
  sensing: { zh: "传感记录", en: "Sensor reading" },
  transforming: { zh: "分装加工", en: "Transformed" },
  correcting: { zh: "更正", en: "Corrected" },
  recalling: { zh: "召回", en: "Recalled" },
  lifting: { zh: "解除召回", en: "Recall lifted" },
};

/** The name of an event kind, as pages and the command line show it. */
export function kindName(kind: Kind, language: Language): string {
  return KIND_NAMES[kind][language];
}
