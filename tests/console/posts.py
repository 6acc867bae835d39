"""What the people of the invented world publish: every account, name and text is made up here."""

from __future__ import annotations

from dataclasses import dataclass

from portreeve.model import Standing, Surface

from .posters import poster

WANG, LIN, ANNA, CHEN, ZHAO = "wang-jie", "lin-xiaoman", "anna.baker", "陈木匠", "zhao-lei"
MEI, BOOKS, SLIM, CURE, OWL = "mei-flowers", "Harbour Books", "sunny-slim", "dr-quick", "owl77"
LIVE, CAMPUS, NORA, GRANNY = "live-auntie", "campus-li", "nora.lindqvist", "周奶奶"
TEAM = ("lucky-team-1", "lucky-team-2", "lucky-team-3")
HELPERS = ("bargain-a", "bargain-b", "bargain-c", "bargain-d")


@dataclass(frozen=True)
class Who:
    """An account, and what its host tells of it."""

    id: str
    standing: Standing = "person"
    language: str = "zh"
    friends: int | None = None
    followers: int | None = None


PEOPLE = (
    Who(WANG, friends=812),
    Who(LIN, friends=143),
    Who(ANNA, language="en", friends=96),
    Who(CHEN, friends=58),
    Who(ZHAO, friends=204),
    Who(MEI, "merchant", followers=1_320),
    Who(BOOKS, "verified_merchant", "en", followers=5_410),
    Who(SLIM, friends=2_960),
    Who(CURE, friends=431),
    Who(OWL, friends=37),
    Who(LIVE, "merchant", followers=9_870),
    Who(CAMPUS, "campus_member", friends=330),
    Who(NORA, language="en", friends=71),
    Who(GRANNY, friends=19),
    *(Who(id, friends=150 + 40 * at) for at, id in enumerate(TEAM)),
    *(Who(id, friends=60 + 15 * at) for at, id in enumerate(HELPERS)),
)


@dataclass(frozen=True)
class Post:
    """One post. ``at`` counts hours from the beginning of the two weeks."""

    at: float
    id: str
    account: str
    text: str
    surface: Surface = Surface.moments
    published: bool = False
    links: tuple[str, ...] = ()
    disclosed: bool | None = None
    parent: str | None = None
    picture: bytes | None = None


def _day(number: int, *posts: tuple[float, str, str, str, dict[str, object]]) -> list[Post]:
    return [
        Post(24 * number + hour, id, account, text, **more)  # type: ignore[arg-type]
        for hour, id, account, text, more in posts
    ]


_OUT = {"published": True}
_COMMENT = {"surface": Surface.comment}
_GROUP = {"surface": Surface.group}
_CHANNEL = {"surface": Surface.public_account}
_AD = {"surface": Surface.search_ad}
_LIVE = {"surface": Surface.live}
_SHARED = {"surface": Surface.share_api}
_WORDS, _CODE = ("一起做事更轻松", "扫码进群，名额有限"), "https://lucky.example/join"
_POSTER = {"picture": poster(*_WORDS, code=_CODE)}
_SMALLER = {"picture": poster(*_WORDS, code=_CODE, width=480)}
_INVOICES = {
    "picture": poster("各类发票", "当天可取", code="https://paper.example/owl", ground="#dfe6ee")
}

POSTS: tuple[Post, ...] = (
    *_day(
        0,
        (7.0, "p-101", GRANNY, "早上在院子里浇花，月季开了三朵，给孙女留一朵", {}),
        (7.4, "p-102", NORA, "First frost on the allotment. The kale does not mind.", {}),
        (8.1, "p-103", WANG, "补水面膜到货，一盒89，三盒240包邮，要的加微信 wangjie889", {}),
        (9.0, "p-104", CHEN, "给女儿打了一张小书桌，榫头自己开的，晃都不晃", {}),
        (9.5, "p-105", BOOKS, "This week's window: field guides to harbour birds, £12 each. "
         "Order at the counter or at harbourbooks.example", {**_CHANNEL, "disclosed": True}),
        (11.2, "p-106", ANNA, "Baked two lemon cakes and we are only three people. "
         "One is yours for 8 euros if you live nearby.", {}),
        (19.0, "p-107", ZHAO, "又被微商刷屏了，一晚上看了八条面膜", {}),
    ),
    *_day(
        1,
        (8.0, "p-111", SLIM, "7天瘦10斤不是梦，纯植物减肥茶，无效退款，加V xinxin5566", {}),
        (10.0, "p-112", MEI, "周六花市第三排有我们，洋桔梗一把25，玫瑰一把38", _CHANNEL),
        (12.5, "p-113", CHEN, "旧书架转让，松木的，九成新，120自提，东门保安室旁边", {}),
        (20.0, "p-114", GRANNY, "晚饭蛋炒饭，老头子说咸了，下回少放半勺盐", {}),
    ),
    *_day(
        2,
        (9.0, "p-121", LIN, "老家的土鸡蛋到了，要的私我", _OUT),
        (10.0, "p-122", TEAM[0], "姐妹们还在等什么？在家带娃也能月入过万，诚招代理，"
         "一手货源，零门槛，名额只剩三个，私我了解", {}),
        (10.3, "p-123", NORA, "Selling my old bike, used two summers, 80 euros, pick up only.", {}),
        (15.0, "p-124", CURE, "祖传秘方根治关节痛，三个疗程断根，不复发，电话 13900000001", {}),
        (21.0, "p-125", ZHAO, "同款有货，要的加我微信 zl-shop01，今天下单包邮", _COMMENT),
    ),
    *_day(
        3,
        (8.5, "p-131", WANG, "昨天断货的面膜补到了，89一盒，老客户直接转账，微信 wangjie889", {}),
        (9.5, "p-132", BOOKS, "Signed copies are back: £18, posted within two days, "
         "harbourbooks.example/signed", {**_CHANNEL, "disclosed": True}),
        (13.0, "p-133", CAMPUS, "图书馆三楼靠窗的位置，从七点坐到现在，论文写完第二章", {}),
        (18.0, "p-134", CHEN, "教儿子刨木头，刨花卷了一地，他说像薯片", {}),
    ),
    *_day(
        4,
        (9.0, "p-141", LIVE, "今晚八点直播间，新款羊毛衫一件129，现场下单包邮",
         {**_LIVE, "disclosed": True}),
        (11.0, "p-142", OWL, "要枪的私聊，仿真度高，货到付款", {}),
        (14.0, "p-143", ANNA, "The oven is fixed. Bread for everyone at the table tonight.", {}),
        (15.0, "p-145", "old-cellar", "白酒礼盒，一箱299，官网下单", {**_AD, "disclosed": True}),
        (16.0, "p-144", MEI, "花材边角料做了几束干花，店里自取，不收钱", _CHANNEL),
    ),
    *_day(
        5,
        (8.0, "p-151", SLIM, "用我们家减肥茶一个月，客户天天反馈，瘦了一圈", {}),
        (10.0, "p-152", "city-clinic", "City Clinic: painless dental implants, book today, 30% off",
         {**_AD, "disclosed": True}),
        (12.0, "p-153", GRANNY, "自家树上的橙子熟了，甜得很，5块一斤，想要的跟我说", {}),
        (19.0, "p-154", ZHAO, "这个面膜敷完脸真的很软，自己买的，不是广告", {}),
    ),
    *_day(
        6,
        (9.0, "p-161", TEAM[1], "姐妹们还在等什么！在家带娃也能月入过万，诚招代理，"
         "一手货源，零门槛，名额只剩两个，私我了解", {}),
        (11.0, "p-162", NORA, "Twelve pounds for a sandwich at the airport. Twelve!", {}),
        (15.0, "p-163", CAMPUS, "打印店二十人团，A4黑白一角一张，本校同学凭学生证，周五截止",
         {"surface": Surface.group_buy}),
        (20.0, "p-164", CHEN, "帮隔壁修了门轴，换来一碗红烧肉", {}),
    ),
    *_day(
        7,
        (8.0, "p-171", LIN, "爸妈养的鸡又下蛋了，冰箱放不下", {}),
        (9.0, "p-172", WANG, "想要面膜的姐妹加薇❤wangjie889，老价格", {}),
        (13.0, "p-173", ANNA, "Does anybody know a good pram that fits through a narrow door?", {}),
        (18.0, "p-174", CURE, "失眠多年的朋友看过来，这款安神药不用处方，私信发货", {}),
    ),
    *_day(
        8,
        (9.0, "p-181", BOOKS, "Reading group on Thursday. Tea is on the house.", _CHANNEL),
        (10.0, "p-182", SLIM, "#健康打卡# 用我们家酵素一个月，客户天天反馈，腰细了一圈", {}),
        (14.0, "p-184", CURE, "头孢楼下药店卖25一盒，我这里还有三盒没拆", _OUT),
        (17.0, "p-183", GRANNY, "孙女教我用手机拍月亮，拍出来像个烧饼", {}),
    ),
    *_day(
        9,
        (9.0, "p-191", ANNA, "Wedding cakes to order from 60 euros, message me for dates.", _OUT),
        (11.0, "p-192", LIVE, "直播间预告：羊绒围巾69，前五十名减10元，点关注不迷路",
         {**_LIVE, "disclosed": True}),
        (15.0, "p-193", CHEN, "看着代理们每天都在收款，你还在犹豫什么？木工课也能做副业", {}),
        (20.0, "p-194", ZHAO, "周末爬山，三百二十级台阶，下来腿是抖的", {}),
    ),
    *_day(
        10,
        (9.0, "p-201", TEAM[2], "姐妹们还在等什么，在家带娃也能月入过万！诚招代理，"
         "一手货源，零门槛，名额只剩一个，私我了解", _SMALLER),
        (11.0, "p-202", WANG, "面膜最后二十盒，79清仓，微信 wangjie889 秒回", {}),
        (12.0, "p-204", "slow-creams", "Face cream, 20% off this week, slowcreams.example",
         {**_AD, "disclosed": True}),
        (14.0, "p-203", NORA, "Found the other glove. It was in the freezer.", {}),
    ),
    *_day(
        11,
        (8.0, "p-211", MEI, "母亲节预订开始：康乃馨一束58，同城送到，店里电话见主页",
         {**_CHANNEL, "disclosed": True}),
        (12.0, "p-212", "shoe-street", "Canvas shoes from $29, free returns, shoestreet.example",
         {**_AD, "disclosed": True}),
        (13.0, "p-215", TEAM[0], "我们团队还缺几个伙伴，收入可观，想加入的群里说一声",
         {**_GROUP, **_POSTER}),
        (16.0, "p-213", OWL, "代开发票，各行各业都能开，电话 13900000002", _INVOICES),
        (21.0, "p-214", CAMPUS, "食堂新来的师傅，麻辣香锅给得真多", {}),
    ),
    *_day(
        12,
        (8.6, "p-221", CHEN, "刨子磨好了，阳光照进来，木屑都是金的", {}),
        (9.4, "p-222", NORA, "The ferry is late again and nobody minds.", {}),
        (10.5, "p-223", LIN, "老家的冬枣到了，要的私我", {}),
        (11.0, "p-235", TEAM[1], "我们团队还缺几个伙伴，收入可观，想加入的群里说一声哦", _GROUP),
        (11.4, "p-224", GRANNY, "腌了一坛酸豆角，等女儿回来吃", {}),
        (12.5, "p-225", ZHAO, "中午牛肉面加了两个蛋，值", {}),
        (13.3, "p-226", CAMPUS, "实验室空调坏了，大家裹着毯子写代码", {}),
        (14.5, "p-227", ANNA, "Grandpa tried the new recipe and asked for the old one.", {}),
        (15.6, "p-228", MEI, "今天收摊早，陪女儿去放风筝", _CHANNEL),
        (16.4, "p-229", SLIM, "减肥茶内部优惠券，券后39，链接 "
         "https://item.taobao.com/item?id=520", {}),
        (16.9, "p-236", TEAM[2], "我们团队还缺几个伙伴，收入可观！想加入的，群里说一声", _GROUP),
        (17.5, "p-230", CHEN, "新做的小板凳送给楼下的阿婆了", {}),
        (18.4, "p-231", NORA, "Rain, soup, a good book. Nothing to report.", {}),
        (19.5, "p-232", GRANNY, "今晚月亮真圆，拍了一张，这回不像烧饼了", {}),
        (20.5, "p-233", ZHAO, "地铁上有人给老人让座，心里暖了一下", {}),
        (21.4, "p-234", LIVE, "谢谢大家今晚来，嗓子都哑了，明天休息", _LIVE),
    ),
    *_day(
        13,
        (0.4, "p-241", HELPERS[0], "帮我砍一刀 https://mobile.yangkeduo.com/x?g=5201 就差你了", {}),
        (0.5, "p-242", HELPERS[1], "帮忙砍一刀呀 https://mobile.yangkeduo.com/x?g=5202 谢谢", {}),
        (0.6, "p-243", HELPERS[2], "就差一刀了 https://mobile.yangkeduo.com/x?g=5203", {}),
        (0.7, "p-244", HELPERS[3], "点一下帮我砍价 https://mobile.yangkeduo.com/x?g=5204", {}),
        (0.75, "p-245", HELPERS[0], "还差0.1元 https://mobile.yangkeduo.com/x?g=5205 求帮", _GROUP),
        (0.8, "p-246", HELPERS[1], "砍一刀 https://mobile.yangkeduo.com/x?g=5206 就差你", _GROUP),
        (0.85, "p-247", HELPERS[2], "群友帮砍 https://mobile.yangkeduo.com/x?g=5207", _GROUP),
        (0.9, "p-248", HELPERS[3], "最后一刀 https://mobile.yangkeduo.com/x?g=5208 拜托", _GROUP),
        (4.2, "p-261", "clip-fans", "https://t.cn/abc5566 看看这个", _SHARED),
        (5.0, "p-251", GRANNY, "晨练回来买了豆浆油条，老头子还没醒", {}),
        (5.6, "p-252", WANG, "今天心情好，老客户都知道找我拿什么", {}),
        (6.1, "p-253", CURE, "布洛芬、头孢现货，不用处方，今天发货，私信我", {}),
        (6.4, "p-262", WANG, "想要的私我", {**_COMMENT, "parent": "p-252"}),
        (6.8, "p-254", LIN, "给孩子织的毛衣多了一件，90公分，35块让给需要的妈妈，同小区", {}),
        (7.0, "p-263", TEAM[0],
         "#宝妈创业# 看着姐妹们每天都在收款，你还在犹豫什么？赶紧跟上来", {}),
        (7.2, "p-255", OWL, "仿真枪，射程五十米，私聊看货", {}),
        (7.6, "p-256", ANNA, "Cupcakes in stock again, 15 euros a dozen, DM me to order", {}),
        (7.8, "p-264", SLIM, "#健康打卡# 用我们家酵素半个月，客户天天反馈，精神都好了", {}),
        (8.0, "p-257", NORA, "Nothing beats the first coffee after a night shift.", {}),
    ),
)  # fmt: skip
"""In the order of time."""
