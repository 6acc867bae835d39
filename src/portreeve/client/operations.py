"""Every operation of the API, as a method.

Made by `python -m portreeve.docs` from the routes; edit those.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, TypeVar

import msgspec

from portreeve.client.requests import part
from portreeve.schemas.accounts import Account, AccountFacts, RelationEvents, RelationsTaken
from portreeve.schemas.appeals import (
    Appeal,
    AppealProgress,
    AppealQuery,
    AppealRecord,
    DecideAppeal,
    FileAppeal,
)
from portreeve.schemas.audit import AuditEntry, AuditVerification
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignDecision,
    CampaignQuery,
    CampaignRecord,
    CampaignUndone,
    DecideCampaign,
    Hub,
    InNetwork,
    JoinStep,
    ReferCampaign,
    Referral,
    Trajectory,
    UndoCampaign,
    WhyQuery,
)
from portreeve.schemas.cases import (
    AddNote,
    Case,
    CaseEvidence,
    CaseQuery,
    CaseRecord,
    CaseStep,
    DecideCase,
    Handover,
    ItemEvidence,
    Precision,
    Release,
    RequestRelease,
)
from portreeve.schemas.commerce.ad_market import (
    AdBid,
    CompareMarket,
    ForgoneQuery,
    ForgoneReport,
    MarketComparison,
    PutBid,
)
from portreeve.schemas.commerce.ads import (
    AdDecision,
    AdQuery,
    AdSummary,
    ComposedPage,
    ComposePage,
    NewAd,
)
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    AskBroadcast,
    BroadcastAnswer,
    CustomerNames,
    CustomerQuery,
    CustomersAdded,
    CustomersChanged,
    FollowersPost,
    MerchantCustomer,
    MerchantTags,
    TagCustomers,
)
from portreeve.schemas.commerce.group_buying import (
    DealAccount,
    DealAdmission,
    DealFacts,
    DealJoined,
    DealMember,
    DealQuery,
    EnrolmentChecker,
    EnrolmentFound,
    EnrolmentProof,
    GroupDeal,
    JoinDeal,
    NewChecker,
)
from portreeve.schemas.commerce.ledger import (
    AccountQuery,
    Balance,
    BalanceQuery,
    Balances,
    LedgerEntry,
    LedgerQuery,
    PurposeTotals,
    Trial,
)
from portreeve.schemas.commerce.links import (
    LinkCheck,
    LinkChecked,
    LinkClasses,
    LinksQuery,
    LinkSurfaces,
)
from portreeve.schemas.commerce.live_sales import (
    ClaimQuery,
    Disclosure,
    Harm,
    HarmWithdrawal,
    LiabilityTerms,
    ListedClaim,
    LiveSale,
    LiveSaleCount,
    LiveSaleFacts,
    LiveSaleQuery,
    MoralLedger,
    NewOrder,
    Praise,
    ProfileQuery,
    PromoterTerms,
    ProofOfFake,
    Sanctioning,
    SellerShown,
    Telling,
    Trace,
    TwoLedgers,
)
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    HandedOver,
    Merchant,
    MerchantFacts,
    MerchantQuery,
    MerchantSummary,
    NewLicence,
    PlanPaid,
    StaffLeave,
    StaffMember,
    WaitingLicence,
)
from portreeve.schemas.commerce.partners import (
    CheckPartnerToken,
    EndInterest,
    EndPartner,
    Interest,
    InterestQuery,
    MadePartnerToken,
    NewInterest,
    NewPartnerToken,
    Parity,
    ParityFigures,
    ParityRequest,
    Partner,
    PartnerApplication,
    PartnerOutcome,
    PartnerQuery,
    PartnerToken,
    PartnerTokenChecked,
    PublishedCriteria,
)
from portreeve.schemas.crowds import Crowds
from portreeve.schemas.enforcement import Imposition, Lift, Notice, Sanction, Undone, UndoRequest
from portreeve.schemas.health import Live, Ready, Welcome
from portreeve.schemas.keys import ApiKey, MadeKey, NewKey
from portreeve.schemas.log import LogSearch
from portreeve.schemas.picture_banks import (
    BankExport,
    BankFile,
    BankImport,
    BankPicture,
    ExportQuery,
    NewBankPicture,
    NewPictureBank,
    PictureBank,
    PictureBankChange,
)
from portreeve.schemas.pictures import PictureRecord, PictureUpload
from portreeve.schemas.policies import (
    Acknowledgement,
    Activation,
    Alarm,
    Approval,
    Dissent,
    PassItem,
    PolicyChange,
    PolicyInForce,
    PolicyRecord,
    PolicyVersion,
    Preview,
    PreviewOrder,
    Proposal,
    RetroactivePass,
    Rollback,
    Rollout,
    Selection,
    ShadowQuery,
    ShadowReport,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.schemas.privacy import Erased
from portreeve.schemas.queries import (
    AuditQuery,
    ErasureQuery,
    InForceQuery,
    LanguageQuery,
    NetworkPaging,
    NetworkQuery,
    SanctionQuery,
    SinceQuery,
)
from portreeve.schemas.readings import Agreement, Reading, ReadingResult, SubmitReading
from portreeve.schemas.reports import (
    AddFrankingKey,
    FrankingKey,
    Report,
    ReportClaim,
    ReportFranked,
    ReportItem,
)
from portreeve.schemas.screening import (
    Batch,
    BatchAnswer,
    DecisionRecord,
    ItemRecord,
    Screened,
    Submission,
)
from portreeve.schemas.webhooks import (
    Delivery,
    DeliveryFilter,
    DeliveryLog,
    MadeWebhook,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Webhook,
    WebhookChange,
)

T = TypeVar("T")


class Operations:
    """Every operation of the API, as a method."""

    def _ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: msgspec.Struct | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        raise NotImplementedError

    def screen(
        self,
        body: Submission,
    ) -> Screened:
        """Screen one item, before or after publication.

        The same id with the same content has the same decision; with other content it is an
        edit. When the deadline of the surface is missed, the surface's fail policy answers,
        `provisional` is true, and the decision follows as an event.

        Needs the scope `screen`.
        """
        return self._ask(
            "POST",
            "/v1/screen",
            Screened,
            body=body,
        )

    def screen_batch(
        self,
        body: Batch,
    ) -> BatchAnswer:
        """Screen many items at once, at most 10,000.

        Items that cannot be decided, such as one of a sealed surface, are set aside in
        `rejected`; the others are decided. Of a sealed surface nothing is kept, whatever the
        item holds. A body that has not the form of a batch is refused whole.

        Needs the scope `screen`.
        """
        return self._ask(
            "POST",
            "/v1/screen/batch",
            BatchAnswer,
            body=body,
        )

    def add_picture(
        self,
        body: PictureUpload,
    ) -> PictureRecord:
        """Send a picture that an item is going to show.

        It is decoded in a process of its own, and its codes are read at once. Name it in the
        item's `pictures`. The same file of the same account is the same picture.

        Needs the scope `screen`.
        """
        return self._ask(
            "POST",
            "/v1/pictures",
            PictureRecord,
            body=body,
        )

    def get_picture(
        self,
        id: str,
    ) -> PictureRecord:
        """What is known of a picture, without what it shows.

        Needs the scope `screen`.
        """
        return self._ask(
            "GET",
            f"/v1/pictures/{part(id)}",
            PictureRecord,
        )

    def list_picture_banks(
        self,
        query: Paging | None = None,
    ) -> Page[PictureBank]:
        """Banks of known pictures, the newest first.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            "/v1/picture-banks",
            Page[PictureBank],
            query=query,
        )

    def create_picture_bank(
        self,
        body: NewPictureBank,
    ) -> PictureBank:
        """Make a bank, empty and enabled.

        An item whose picture looks like one of an enabled bank has the signal `known_pictures`.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            "/v1/picture-banks",
            PictureBank,
            body=body,
        )

    def get_picture_bank(
        self,
        id: str,
    ) -> PictureBank:
        """One bank.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            f"/v1/picture-banks/{part(id)}",
            PictureBank,
        )

    def change_picture_bank(
        self,
        id: str,
        body: PictureBankChange,
    ) -> PictureBank:
        """Enable or disable a bank, or say otherwise what it holds; every process knows in
        seconds.

        Needs the scope `admin`.
        """
        return self._ask(
            "PATCH",
            f"/v1/picture-banks/{part(id)}",
            PictureBank,
            body=body,
        )

    def list_bank_pictures(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[BankPicture]:
        """The pictures of a bank, the newest first.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            f"/v1/picture-banks/{part(id)}/pictures",
            Page[BankPicture],
            query=query,
        )

    def add_bank_picture(
        self,
        id: str,
        body: NewBankPicture,
    ) -> BankPicture:
        """Add a picture: one that an item showed, a file, or a hash.

        Its hash is kept, and nothing else of it. One with the same hash takes the place of the
        earlier.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            f"/v1/picture-banks/{part(id)}/pictures",
            BankPicture,
            body=body,
        )

    def remove_bank_picture(
        self,
        id: str,
        picture: str,
    ) -> None:
        """Take a picture out of a bank.

        Needs the scope `admin`.
        """
        self._ask(
            "DELETE",
            f"/v1/picture-banks/{part(id)}/pictures/{part(picture)}",
            NoneType,
        )

    def import_picture_bank(
        self,
        id: str,
        body: BankFile,
    ) -> BankImport:
        """Add the pictures of a file of ThreatExchange, python-threatexchange or HMA.

        Rows that are no picture's hash are left out, each with its number, why, and what to do.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            f"/v1/picture-banks/{part(id)}/import",
            BankImport,
            body=body,
        )

    def export_picture_bank(
        self,
        id: str,
        query: ExportQuery | None = None,
    ) -> BankExport:
        """A bank as a file that others read.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            f"/v1/picture-banks/{part(id)}/export",
            BankExport,
            query=query,
        )

    def get_item(
        self,
        id: str,
    ) -> ItemRecord:
        """One item, without its content.

        Needs the scope `screen`.
        """
        return self._ask(
            "GET",
            f"/v1/items/{part(id)}",
            ItemRecord,
        )

    def delete_item(
        self,
        id: str,
    ) -> ItemRecord:
        """Say that the item is gone from the network.

        What was decided stays, and can be appealed.

        Needs the scope `screen`.
        """
        return self._ask(
            "DELETE",
            f"/v1/items/{part(id)}",
            ItemRecord,
        )

    def get_decision(
        self,
        id: str,
    ) -> DecisionRecord:
        """One decision, with the reasons in the words of the policy that decided.

        Needs the scope `screen`.
        """
        return self._ask(
            "GET",
            f"/v1/decisions/{part(id)}",
            DecisionRecord,
        )

    def undo_decision(
        self,
        id: str,
        body: UndoRequest,
    ) -> Undone:
        """Reverse a decision and everything it caused.

        The post and its comments, strikes, sanctions, followers and counters are as they were.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            f"/v1/decisions/{part(id)}/undo",
            Undone,
            body=body,
        )

    def put_account(
        self,
        id: str,
        body: AccountFacts,
    ) -> Account:
        """Say what an account is; what was said of it before is replaced.

        Needs the scope `accounts`.
        """
        return self._ask(
            "PUT",
            f"/v1/accounts/{part(id)}",
            Account,
            body=body,
        )

    def get_account(
        self,
        id: str,
    ) -> Account:
        """An account and its standing: strikes, sanctions, counts.

        Needs the scope `accounts`.
        """
        return self._ask(
            "GET",
            f"/v1/accounts/{part(id)}",
            Account,
        )

    def list_notices(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[Notice]:
        """What an account is told, in its language, the newest first.

        Needs the scope `accounts`.
        """
        return self._ask(
            "GET",
            f"/v1/accounts/{part(id)}/notices",
            Page[Notice],
            query=query,
        )

    def get_decision_notice(
        self,
        id: str,
        query: LanguageQuery | None = None,
    ) -> Notice:
        """What the account is told of a decision: clause, evidence, how to comply, how to appeal.

        Needs the scope `accounts`.
        """
        return self._ask(
            "GET",
            f"/v1/decisions/{part(id)}/notice",
            Notice,
            query=query,
        )

    def mark_notice_read(
        self,
        id: str,
    ) -> Notice:
        """Say that the person has read a notice.

        Needs the scope `accounts`.
        """
        return self._ask(
            "POST",
            f"/v1/notices/{part(id)}/read",
            Notice,
        )

    def erase_account(
        self,
        id: str,
        query: ErasureQuery | None = None,
    ) -> Erased:
        """Erase a person, for good: the key that seals what the account wrote is destroyed.

        The records stay, and verify, without content.

        Needs the scope `privacy`.
        """
        return self._ask(
            "DELETE",
            f"/v1/accounts/{part(id)}",
            Erased,
            query=query,
        )

    def add_relations(
        self,
        body: RelationEvents,
    ) -> RelationsTaken:
        """Tell of changes between accounts: metadata only.

        An event that has an id counts once, however often it is told.

        Needs the scope `accounts`.
        """
        return self._ask(
            "POST",
            "/v1/relations",
            RelationsTaken,
            body=body,
        )

    def list_merchants(
        self,
        query: MerchantQuery | None = None,
    ) -> Page[MerchantSummary]:
        """Merchants by account; or only those of a standing, or with a licence that waits.

        Needs the scope `merchants`.
        """
        return self._ask(
            "GET",
            "/v1/merchants",
            Page[MerchantSummary],
            query=query,
        )

    def register_merchant(
        self,
        account: str,
        body: MerchantFacts,
    ) -> Merchant:
        """Register a merchant; what it told of itself before is replaced, its licences are kept.

        From now on its account, and its public account, count as a merchant wherever they
        publish.

        Needs the scope `merchants`.
        """
        return self._ask(
            "PUT",
            f"/v1/merchants/{part(account)}",
            Merchant,
            body=body,
        )

    def get_merchant(
        self,
        account: str,
    ) -> Merchant:
        """A merchant with its licences and staff: whether it is verified, and whether it has paid.

        Needs the scope `merchants`.
        """
        return self._ask(
            "GET",
            f"/v1/merchants/{part(account)}",
            Merchant,
        )

    def file_licence(
        self,
        account: str,
        body: NewLicence,
    ) -> Merchant:
        """File a licence: kind, authority and end, never the paper. A person decides on it.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/licences",
            Merchant,
            body=body,
        )

    def decide_licence(
        self,
        account: str,
        id: str,
        body: DecideLicence,
    ) -> Merchant:
        """Verify a licence, refuse it, or revoke the verification. Whoever filed it may not.

        Needs the scope `merchants:verify`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/licences/{part(id)}/decide",
            Merchant,
            body=body,
        )

    def list_waiting_licences(
        self,
        query: Paging | None = None,
    ) -> Page[WaitingLicence]:
        """Licences that nobody has decided on, the oldest first.

        Needs the scope `merchants:verify`.
        """
        return self._ask(
            "GET",
            "/v1/licences",
            Page[WaitingLicence],
            query=query,
        )

    def pay_plan(
        self,
        account: str,
        body: PlanPaid,
    ) -> Merchant:
        """Say until when a merchant has paid for its plan. It says nothing of its licences.

        Needs the scope `merchants`.
        """
        return self._ask(
            "PUT",
            f"/v1/merchants/{part(account)}/plan",
            Merchant,
            body=body,
        )

    def end_merchant(
        self,
        account: str,
    ) -> Merchant:
        """End an enterprise account. What is known of it is deleted when `kept_until` is over.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/end",
            Merchant,
        )

    def add_staff(
        self,
        account: str,
        staff: str,
    ) -> StaffMember:
        """Somebody joins the staff, or comes back.

        Needs the scope `merchants`.
        """
        return self._ask(
            "PUT",
            f"/v1/merchants/{part(account)}/staff/{part(staff)}",
            StaffMember,
        )

    def remove_staff(
        self,
        account: str,
        staff: str,
        body: StaffLeave,
    ) -> HandedOver:
        """Somebody leaves the staff; their customers are handed over.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/staff/{part(staff)}/leave",
            HandedOver,
            body=body,
        )

    def add_customers(
        self,
        account: str,
        body: AddCustomers,
    ) -> CustomersAdded:
        """Add customers who agreed, at most 20,000 at once.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/customers",
            CustomersAdded,
            body=body,
        )

    def list_customers(
        self,
        account: str,
        query: CustomerQuery | None = None,
    ) -> Page[MerchantCustomer]:
        """The customers of a merchant, by name.

        Needs the scope `merchants`.
        """
        return self._ask(
            "GET",
            f"/v1/merchants/{part(account)}/customers",
            Page[MerchantCustomer],
            query=query,
        )

    def opt_out_customers(
        self,
        account: str,
        body: CustomerNames,
    ) -> CustomersChanged:
        """Customers withdraw their consent. Nobody writes to them from now on.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/customers/opt-out",
            CustomersChanged,
            body=body,
        )

    def tag_customers(
        self,
        account: str,
        body: TagCustomers,
    ) -> CustomersChanged:
        """Put a word on customers, or take it off.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/tags",
            CustomersChanged,
            body=body,
        )

    def list_tags(
        self,
        account: str,
    ) -> MerchantTags:
        """The words by which a merchant sorts its customers.

        Needs the scope `merchants`.
        """
        return self._ask(
            "GET",
            f"/v1/merchants/{part(account)}/tags",
            MerchantTags,
        )

    def ask_broadcast(
        self,
        account: str,
        body: AskBroadcast,
    ) -> BroadcastAnswer:
        """May a member of staff write to customers? Each customer is answered for.

        What the message says is not asked: chats are sealed. What is allowed counts against the
        quotas at once.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/broadcasts",
            BroadcastAnswer,
            body=body,
        )

    def get_broadcast(
        self,
        account: str,
        id: str,
    ) -> BroadcastAnswer:
        """What was answered for the customers of a broadcast.

        Needs the scope `merchants`.
        """
        return self._ask(
            "GET",
            f"/v1/merchants/{part(account)}/broadcasts/{part(id)}",
            BroadcastAnswer,
        )

    def post_to_followers(
        self,
        account: str,
        body: FollowersPost,
    ) -> Screened:
        """Screen a post for the followers of a merchant's public account, before it appears there.

        Needs the scope `merchants`.
        """
        return self._ask(
            "POST",
            f"/v1/merchants/{part(account)}/posts",
            Screened,
            body=body,
        )

    def submit_ad(
        self,
        body: NewAd,
    ) -> AdDecision:
        """Submit an ad for pages of search results.

        It is decided like everything else, on the surface `search_ad`, with the licences that
        its advertiser holds here. `lawful` and `permitted` are two answers, each with its
        clauses. The same ad again has the same decision, unless a licence was verified or has
        lapsed since.

        Needs the scope `ads`.
        """
        return self._ask(
            "POST",
            "/v1/ads",
            AdDecision,
            body=body,
        )

    def list_ads(
        self,
        query: AdQuery | None = None,
    ) -> Page[AdSummary]:
        """Ads as they stand now, the last submitted first; or only some, by answer, goods or
        state.

        Needs the scope `ads`.
        """
        return self._ask(
            "GET",
            "/v1/ads",
            Page[AdSummary],
            query=query,
        )

    def get_ad(
        self,
        id: str,
    ) -> AdDecision:
        """How an ad stands, after appeals and whatever else was decided since.

        Needs the scope `ads`.
        """
        return self._ask(
            "GET",
            f"/v1/ads/{part(id)}",
            AdDecision,
        )

    def put_ad_bid(
        self,
        ad: str,
        body: PutBid,
    ) -> AdBid:
        """Tell what is offered for a click on an ad, admitted or not.

        It changes nothing of the decision on the ad: it orders admitted ads on a page, and says
        what refusing others costs.

        Needs the scope `ads`.
        """
        return self._ask(
            "PUT",
            f"/v1/ad-market/bids/{part(ad)}",
            AdBid,
            body=body,
        )

    def compose_ad_page(
        self,
        body: ComposePage,
    ) -> ComposedPage:
        """Compose a page of results and ads.

        Only admitted ads are on it, the highest bid first, each with its label. However far
        somebody reads from the top, no more of it is paid for than the rules allow.

        Needs the scope `ads`.
        """
        return self._ask(
            "POST",
            "/v1/ad-market/page",
            ComposedPage,
            body=body,
        )

    def get_forgone_revenue(
        self,
        query: ForgoneQuery | None = None,
    ) -> ForgoneReport:
        """Revenue forgone: what refused ads would have paid, by category.

        The bid for a click times the clicks that the advertiser expects, both as told.

        Needs the scope `ads`.
        """
        return self._ask(
            "GET",
            "/v1/ad-market/forgone",
            ForgoneReport,
            query=query,
        )

    def compare_market(
        self,
        body: CompareMarket,
    ) -> MarketComparison:
        """Compare two search engines: shares by device, and revenue, from figures that are given.

        Needs the scope `ads`.
        """
        return self._ask(
            "POST",
            "/v1/ad-market/comparison",
            MarketComparison,
            body=body,
        )

    def put_live_sale(
        self,
        id: str,
        body: LiveSaleFacts,
    ) -> LiveSale:
        """Say who stands behind goods that a live room offers; fixed from the first order on.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "PUT",
            f"/v1/live-sales/{part(id)}",
            LiveSale,
            body=body,
        )

    def get_live_sale(
        self,
        id: str,
    ) -> LiveSale:
        """Who stands behind goods that a live room offers.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            f"/v1/live-sales/{part(id)}",
            LiveSale,
        )

    def list_live_sales(
        self,
        query: LiveSaleQuery | None = None,
    ) -> Page[LiveSaleCount]:
        """Live sales by their id, with how many orders each has and how many proved fake.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            "/v1/live-sales",
            Page[LiveSaleCount],
            query=query,
        )

    def list_claims(
        self,
        query: ClaimQuery | None = None,
    ) -> Page[ListedClaim]:
        """Claims of buyers, of whatever live sale, the newest first.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            "/v1/live-claims",
            Page[ListedClaim],
            query=query,
        )

    def get_liability_terms(
        self,
    ) -> LiabilityTerms:
        """The profiles of the law that there are, and what counts as proof.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            "/v1/live-terms",
            LiabilityTerms,
        )

    def get_promoter_terms(
        self,
    ) -> PromoterTerms:
        """What promoters of fakes answer for, by what they knew and how many they reached.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            "/v1/promoter-terms",
            PromoterTerms,
        )

    def disclose_seller(
        self,
        id: str,
        body: SellerShown,
    ) -> Disclosure:
        """Say that the room clearly shows who sells; not once goods have proved fake.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/disclosures",
            Disclosure,
            body=body,
        )

    def add_promotion(
        self,
        id: str,
        body: Praise,
    ) -> None:
        """Tell that somebody praised the goods, and how many saw it; never what was said.

        Needs the scope `live-sales`.
        """
        self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/promotions",
            NoneType,
            body=body,
        )

    def add_telling(
        self,
        id: str,
        body: Telling,
    ) -> None:
        """Tell that a promoter was told something of the goods, by its kind.

        Needs the scope `live-sales`.
        """
        self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/tellings",
            NoneType,
            body=body,
        )

    def add_live_order(
        self,
        id: str,
        body: NewOrder,
    ) -> None:
        """Tell of an order and the promotion that led to it.

        Needs the scope `live-sales`.
        """
        self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/orders",
            NoneType,
            body=body,
        )

    def prove_fake(
        self,
        id: str,
        body: ProofOfFake,
    ) -> Harm:
        """File proof that the goods of orders are fake.

        For each order a claim is opened at once, by the law that was in force when it was
        placed.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/harms",
            Harm,
            body=body,
        )

    def trace_live_sale(
        self,
        id: str,
    ) -> Trace:
        """Every order with the promotion that led to it and the proof that it was fake.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            f"/v1/live-sales/{part(id)}/trace",
            Trace,
        )

    def get_ledgers(
        self,
        id: str,
        query: ProfileQuery | None = None,
    ) -> TwoLedgers:
        """The legal and the moral ledger beside each other; neither is reckoned from the other.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            f"/v1/live-sales/{part(id)}/ledgers",
            TwoLedgers,
            query=query,
        )

    def sanction_promoters(
        self,
        id: str,
        body: Sanctioning,
    ) -> MoralLedger:
        """Sanction the promoters as the moral ledger says, each with a notice.

        Done again it changes nothing. Each sanction can be lifted, and falls with the proof.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            f"/v1/live-sales/{part(id)}/sanctions",
            MoralLedger,
            body=body,
        )

    def get_harm(
        self,
        id: str,
    ) -> Harm:
        """A proof that was filed.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "GET",
            f"/v1/live-harms/{part(id)}",
            Harm,
        )

    def withdraw_harm(
        self,
        id: str,
        body: HarmWithdrawal,
    ) -> Harm:
        """Take a proof back: its claims are reversed, and sanctions that it bore are too.

        Needs the scope `live-sales`.
        """
        return self._ask(
            "POST",
            f"/v1/live-harms/{part(id)}/withdraw",
            Harm,
            body=body,
        )

    def trust_checker(
        self,
        body: NewChecker,
    ) -> EnrolmentChecker:
        """Trust a school's checker: proofs that it signs count for its campus.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            "/v1/enrolment-checkers",
            EnrolmentChecker,
            body=body,
        )

    def list_checkers(
        self,
        query: Paging | None = None,
    ) -> Page[EnrolmentChecker]:
        """Checkers, the newest first, those that are trusted no more too.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            "/v1/enrolment-checkers",
            Page[EnrolmentChecker],
            query=query,
        )

    def revoke_checker(
        self,
        id: str,
    ) -> EnrolmentChecker:
        """Trust a checker no more.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            f"/v1/enrolment-checkers/{part(id)}/revoke",
            EnrolmentChecker,
        )

    def show_enrolment(
        self,
        id: str,
        body: EnrolmentProof,
    ) -> EnrolmentFound:
        """Show the proof of enrolment that a school's checker gave a person.

        Result, campus and expiry are kept; the proof is forgotten.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "PUT",
            f"/v1/accounts/{part(id)}/enrolment",
            EnrolmentFound,
            body=body,
        )

    def get_enrolment(
        self,
        id: str,
    ) -> EnrolmentFound:
        """What is known of an account's enrolment.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            f"/v1/accounts/{part(id)}/enrolment",
            EnrolmentFound,
        )

    def open_deal(
        self,
        id: str,
        body: DealFacts,
    ) -> GroupDeal:
        """Open a deal for an item that is published on the surface `group_buy`; the item has its
        id.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "PUT",
            f"/v1/deals/{part(id)}",
            GroupDeal,
            body=body,
        )

    def get_deal(
        self,
        id: str,
    ) -> GroupDeal:
        """A deal and how it stands.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            f"/v1/deals/{part(id)}",
            GroupDeal,
        )

    def list_deals(
        self,
        query: DealQuery | None = None,
    ) -> Page[GroupDeal]:
        """Deals by their id.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            "/v1/deals",
            Page[GroupDeal],
            query=query,
        )

    def check_deal(
        self,
        id: str,
        query: DealAccount | None = None,
    ) -> DealAdmission:
        """Whether somebody may join now, and why not; ask it before you take money.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            f"/v1/deals/{part(id)}/admission",
            DealAdmission,
            query=query,
        )

    def list_deal_members(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[DealMember]:
        """Who joined a deal, and whose money went back.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "GET",
            f"/v1/deals/{part(id)}/members",
            Page[DealMember],
            query=query,
        )

    def join_deal(
        self,
        id: str,
        body: JoinDeal,
    ) -> DealJoined:
        """Let somebody join, or learn why not.

        Whoever reaches the threshold completes the deal. A deal that misses it at the deadline
        refunds everybody, by events `deal.refunded`.

        Needs the scope `group-buying`.
        """
        return self._ask(
            "POST",
            f"/v1/deals/{part(id)}/members",
            DealJoined,
            body=body,
        )

    def get_partner_criteria(
        self,
    ) -> PublishedCriteria:
        """The scopes there are, and every criterion; publish them as they are.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            "/v1/partner-criteria",
            PublishedCriteria,
        )

    def apply_for_scopes(
        self,
        id: str,
        body: PartnerApplication,
    ) -> Partner:
        """Apply for scopes; the answer takes the place of the app's earlier one.

        Nothing but `facts` decides. What is refused names every criterion that is not met.

        Needs the scope `partners`.
        """
        return self._ask(
            "PUT",
            f"/v1/partners/{part(id)}",
            Partner,
            body=body,
        )

    def get_partner(
        self,
        id: str,
    ) -> Partner:
        """An app and what it may do.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            f"/v1/partners/{part(id)}",
            Partner,
        )

    def list_partners(
        self,
        query: PartnerQuery | None = None,
    ) -> Page[Partner]:
        """Apps by their id.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            "/v1/partners",
            Page[Partner],
            query=query,
        )

    def get_partner_outcome(
        self,
        id: str,
    ) -> PartnerOutcome:
        """An app held against the criteria as they are now, one by one.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            f"/v1/partners/{part(id)}/outcome",
            PartnerOutcome,
        )

    def end_partner(
        self,
        id: str,
        body: EndPartner,
    ) -> Partner:
        """Take all scopes from an app: its tokens allow nothing from then on. It may apply again.

        Needs the scope `partners`.
        """
        return self._ask(
            "POST",
            f"/v1/partners/{part(id)}/end",
            Partner,
            body=body,
        )

    def list_partner_tokens(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[PartnerToken]:
        """The tokens of an app, the newest first, without their texts.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            f"/v1/partners/{part(id)}/tokens",
            Page[PartnerToken],
            query=query,
        )

    def make_partner_token(
        self,
        id: str,
        body: NewPartnerToken,
    ) -> MadePartnerToken:
        """Make a token for the scopes that an app has; it is said once.

        Needs the scope `partners`.
        """
        return self._ask(
            "POST",
            f"/v1/partners/{part(id)}/tokens",
            MadePartnerToken,
            body=body,
        )

    def revoke_partner_token(
        self,
        id: str,
    ) -> None:
        """Let a token allow nothing any more, at once.

        Needs the scope `partners`.
        """
        self._ask(
            "POST",
            f"/v1/partner-tokens/{part(id)}/revoke",
            NoneType,
        )

    def check_partner_token(
        self,
        body: CheckPartnerToken,
    ) -> PartnerTokenChecked:
        """Whether a token allows what a route needs. Where not, answer 403 with the reason.

        Needs the scope `partners`.
        """
        return self._ask(
            "POST",
            "/v1/partner-tokens/check",
            PartnerTokenChecked,
            body=body,
        )

    def compare_partners(
        self,
        body: ParityRequest,
    ) -> Parity:
        """Decide two apps anew, each as itself and under the other's name and party.

        Needs the scope `partners`.
        """
        return self._ask(
            "POST",
            "/v1/partner-parity",
            Parity,
            body=body,
        )

    def get_parity_figures(
        self,
    ) -> ParityFigures:
        """Scopes asked for and granted, by whether the company has a stake in the party.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            "/v1/partner-parity",
            ParityFigures,
        )

    def register_interest(
        self,
        body: NewInterest,
    ) -> Interest:
        """Write down that the company has a stake in a party.

        Needs the scope `interests`.
        """
        return self._ask(
            "POST",
            "/v1/interests",
            Interest,
            body=body,
        )

    def end_interest(
        self,
        id: str,
        body: EndInterest,
    ) -> Interest:
        """Note that a stake ended; the entry stays.

        Needs the scope `interests`.
        """
        return self._ask(
            "POST",
            f"/v1/interests/{part(id)}/end",
            Interest,
            body=body,
        )

    def list_interests(
        self,
        query: InterestQuery | None = None,
    ) -> Page[Interest]:
        """The register of conflicts of interest, the newest entry first.

        Needs the scope `partners`.
        """
        return self._ask(
            "GET",
            "/v1/interests",
            Page[Interest],
            query=query,
        )

    def check_link(
        self,
        body: LinkCheck,
    ) -> LinkChecked:
        """Whether a link opens where it stands.

        The policy in force decides by the class of the place that it leads to. Of a shortened
        link give the `chain` that you found: nothing is asked of any network here. Nothing is
        kept.

        Needs the scope `screen`.
        """
        return self._ask(
            "POST",
            "/v1/links/check",
            LinkChecked,
            body=body,
        )

    def get_link_classes(
        self,
    ) -> LinkClasses:
        """All that a client needs to judge the links of a private chat by itself.

        Needs the scope `screen`.
        """
        return self._ask(
            "GET",
            "/v1/links/classes",
            LinkClasses,
        )

    def get_link_surfaces(
        self,
        query: LinksQuery | None = None,
    ) -> LinkSurfaces:
        """Which class of links opens on which surface, by the policy in force.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            "/v1/links/surfaces",
            LinkSurfaces,
            query=query,
        )

    def list_ledger_entries(
        self,
        query: LedgerQuery | None = None,
    ) -> Page[LedgerEntry]:
        """Entries with their postings, the newest first.

        Needs the scope `ledger`.
        """
        return self._ask(
            "GET",
            "/v1/ledger/entries",
            Page[LedgerEntry],
            query=query,
        )

    def get_balances(
        self,
        query: BalanceQuery | None = None,
    ) -> Balances:
        """What lies in the accounts of money of an account of the host, or of a deal.

        Needs the scope `ledger`.
        """
        return self._ask(
            "GET",
            "/v1/ledger/balances",
            Balances,
            query=query,
        )

    def list_ledger_accounts(
        self,
        query: AccountQuery | None = None,
    ) -> Page[Balance]:
        """Every account of money that is not at zero, by purpose and owner.

        Needs the scope `ledger`.
        """
        return self._ask(
            "GET",
            "/v1/ledger/accounts",
            Page[Balance],
            query=query,
        )

    def get_ledger_totals(
        self,
    ) -> PurposeTotals:
        """What lies in all accounts of money, by purpose; it comes to zero in each currency.

        Needs the scope `ledger`.
        """
        return self._ask(
            "GET",
            "/v1/ledger/totals",
            PurposeTotals,
        )

    def get_trial(
        self,
    ) -> Trial:
        """Whether every entry that is stored comes to zero.

        Needs the scope `ledger`.
        """
        return self._ask(
            "GET",
            "/v1/ledger/trial",
            Trial,
        )

    def list_sanctions(
        self,
        query: SanctionQuery | None = None,
    ) -> Page[Sanction]:
        """Sanctions, the newest first.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "GET",
            "/v1/sanctions",
            Page[Sanction],
            query=query,
        )

    def impose_sanction(
        self,
        body: Imposition,
    ) -> Sanction:
        """Impose a sanction by hand.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            "/v1/sanctions",
            Sanction,
            body=body,
        )

    def get_sanction(
        self,
        id: str,
    ) -> Sanction:
        """One sanction.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "GET",
            f"/v1/sanctions/{part(id)}",
            Sanction,
        )

    def lift_sanction(
        self,
        id: str,
        body: Lift,
    ) -> Sanction:
        """End a sanction before its time.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            f"/v1/sanctions/{part(id)}/lift",
            Sanction,
            body=body,
        )

    def report_item(
        self,
        body: ReportItem,
    ) -> Report:
        """Report something that was published.

        Needs the scope `reports`.
        """
        return self._ask(
            "POST",
            "/v1/reports",
            Report,
            body=body,
        )

    def report_claim(
        self,
        body: ReportClaim,
    ) -> Report:
        """Claim something against an account.

        Nothing automatic follows from a claim.

        Needs the scope `reports`.
        """
        return self._ask(
            "POST",
            "/v1/reports/claims",
            Report,
            body=body,
        )

    def report_franked(
        self,
        body: ReportFranked,
    ) -> Report:
        """Open exactly one message of a private chat, with proof.

        Needs the scope `reports`.
        """
        return self._ask(
            "POST",
            "/v1/reports/franked",
            Report,
            body=body,
        )

    def get_report(
        self,
        id: str,
    ) -> Report:
        """How a report stands.

        Needs the scope `reports`.
        """
        return self._ask(
            "GET",
            f"/v1/reports/{part(id)}",
            Report,
        )

    def list_franking_keys(
        self,
        query: NetworkQuery | None = None,
    ) -> Page[FrankingKey]:
        """The keys with which platforms sign stamps.

        Needs the scope `reports`.
        """
        return self._ask(
            "GET",
            "/v1/franking/keys",
            Page[FrankingKey],
            query=query,
        )

    def add_franking_key(
        self,
        body: AddFrankingKey,
    ) -> FrankingKey:
        """Register a key of a platform, or set the end of its use.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            "/v1/franking/keys",
            FrankingKey,
            body=body,
        )

    def list_cases(
        self,
        query: CaseQuery | None = None,
    ) -> Page[Case]:
        """Cases of a queue, or of all, the most urgent first.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/cases",
            Page[Case],
            query=query,
        )

    def get_case(
        self,
        id: str,
    ) -> CaseRecord:
        """A case with its items, without content.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/cases/{part(id)}",
            CaseRecord,
        )

    def get_case_history(
        self,
        id: str,
    ) -> Page[CaseStep]:
        """What happened to a case, the oldest first, with the reviewers' notes.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/cases/{part(id)}/history",
            Page[CaseStep],
        )

    def claim_case(
        self,
        id: str,
    ) -> CaseRecord:
        """Hold a case for 15 minutes; again, to hold it longer.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/claim",
            CaseRecord,
        )

    def release_case(
        self,
        id: str,
    ) -> CaseRecord:
        """Give a case one holds back to its queue.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/release",
            CaseRecord,
        )

    def hand_over_case(
        self,
        id: str,
        body: Handover,
    ) -> CaseRecord:
        """Give a case one holds to another reviewer.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/handover",
            CaseRecord,
            body=body,
        )

    def note_on_case(
        self,
        id: str,
        body: AddNote,
    ) -> CaseStep:
        """Write something down for other reviewers.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/notes",
            CaseStep,
            body=body,
        )

    def decide_case(
        self,
        id: str,
        body: DecideCase,
    ) -> CaseRecord:
        """Decide all items of a case one holds.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/decide",
            CaseRecord,
            body=body,
        )

    def read_evidence(
        self,
        id: str,
        query: Paging | None = None,
    ) -> CaseEvidence:
        """What the items of a case said, and what its reports say.

        Every reading is in the audit log. A sealed case needs a release.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            f"/v1/cases/{part(id)}/evidence",
            CaseEvidence,
            query=query,
        )

    def list_releases(
        self,
        id: str,
    ) -> Page[Release]:
        """The releases of a sealed case, the latest first.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/cases/{part(id)}/evidence/releases",
            Page[Release],
        )

    def request_release(
        self,
        id: str,
        body: RequestRelease,
    ) -> Release:
        """Ask for leave to read a sealed case; somebody else must grant it.

        Needs the scope `evidence`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/evidence/release",
            Release,
            body=body,
        )

    def grant_release(
        self,
        id: str,
        release: str,
    ) -> Release:
        """Grant what another person asked for; its time begins now.

        Needs the scope `evidence`.
        """
        return self._ask(
            "POST",
            f"/v1/cases/{part(id)}/evidence/releases/{part(release)}/grant",
            Release,
        )

    def list_campaigns(
        self,
        query: CampaignQuery | None = None,
    ) -> Page[Campaign]:
        """Campaigns of a network, the largest first.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/campaigns",
            Page[Campaign],
            query=query,
        )

    def get_campaign(
        self,
        id: str,
        query: InNetwork | None = None,
    ) -> CampaignRecord:
        """A campaign: its accounts with their roles, what joins them, its trees, posts and
        timeline.

        Handles and links are told by memory's keyed numbers: what they are stands in the posts,
        which only evidence shows. A campaign that merged into an older one is found by its old
        name too.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/campaigns/{part(id)}",
            CampaignRecord,
            query=query,
        )

    def explain_campaign(
        self,
        id: str,
        query: WhyQuery | None = None,
    ) -> Page[JoinStep]:
        """How two accounts of a campaign are joined: the shortest way, key by key.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/campaigns/{part(id)}/why",
            Page[JoinStep],
            query=query,
        )

    def decide_campaign(
        self,
        id: str,
        body: DecideCampaign,
    ) -> CampaignDecision:
        """Decide on all accounts and posts of a campaign at once; needs the scope `cases` too.

        All of it is done, or nothing. Without any act it is left alone. Either way its case is
        decided.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            f"/v1/campaigns/{part(id)}/decide",
            CampaignDecision,
            body=body,
        )

    def get_campaign_decision(
        self,
        id: str,
    ) -> CampaignDecision:
        """What was decided of a campaign.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            f"/v1/campaigns/decisions/{part(id)}",
            CampaignDecision,
        )

    def undo_campaign_decision(
        self,
        id: str,
        body: UndoCampaign,
    ) -> CampaignUndone:
        """Undo all that a decision on a campaign did, in one step; needs the scope `cases` too.

        What others undid or decided since stays as it is.

        Needs the scope `sanctions`.
        """
        return self._ask(
            "POST",
            f"/v1/campaigns/decisions/{part(id)}/undo",
            CampaignUndone,
            body=body,
        )

    def refer_campaign(
        self,
        id: str,
        body: ReferCampaign,
    ) -> Referral:
        """The file on a campaign's trees for an authority, with what speaks for each edge; no
        content.

        Only for trees of 3 levels and 30 people or more. That it was made is in the audit log.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/campaigns/{part(id)}/referral",
            Referral,
            body=body,
        )

    def list_hubs(
        self,
        query: InNetwork | None = None,
    ) -> Page[Hub]:
        """What too many accounts show to join them, such as a hotline; the 500 most shown.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/hubs",
            Page[Hub],
            query=query,
        )

    def get_trajectory(
        self,
        id: str,
        query: InNetwork | None = None,
    ) -> Trajectory:
        """What an account sold over time, by tier of goods, and the alarm of a slide.

        Needs the scope `accounts`.
        """
        return self._ask(
            "GET",
            f"/v1/accounts/{part(id)}/trajectory",
            Trajectory,
            query=query,
        )

    def list_crowds(
        self,
        query: InNetwork | None = None,
    ) -> Crowds:
        """Crowds called into live rooms, each with how many were mobilised and its 95 % interval,
        and windows of twenty people and more; the newest first. Who they are is kept nowhere.

        Needs the scope `accounts`.
        """
        return self._ask(
            "GET",
            "/v1/crowds",
            Crowds,
            query=query,
        )

    def file_appeal(
        self,
        body: FileAppeal,
    ) -> AppealProgress:
        """Contest a decision, once.

        Needs the scope `appeals`.
        """
        return self._ask(
            "POST",
            "/v1/appeals",
            AppealProgress,
            body=body,
        )

    def list_appeals(
        self,
        query: AppealQuery | None = None,
    ) -> Page[Appeal]:
        """Appeals in a state, the first due first.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/appeals",
            Page[Appeal],
            query=query,
        )

    def get_appeal(
        self,
        id: str,
    ) -> AppealProgress:
        """How an appeal stands, and the reply.

        Needs the scope `appeals`.
        """
        return self._ask(
            "GET",
            f"/v1/appeals/{part(id)}",
            AppealProgress,
        )

    def claim_appeal(
        self,
        id: str,
    ) -> AppealRecord:
        """Hold an appeal for 15 minutes and read what the person says.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/appeals/{part(id)}/claim",
            AppealRecord,
        )

    def read_appeal_evidence(
        self,
        id: str,
    ) -> ItemEvidence:
        """What the item of an appealed decision said.

        Every reading is in the audit log.

        Needs the scope `evidence`.
        """
        return self._ask(
            "GET",
            f"/v1/appeals/{part(id)}/evidence",
            ItemEvidence,
        )

    def decide_appeal(
        self,
        id: str,
        body: DecideAppeal,
    ) -> Appeal:
        """Answer an appeal one holds; an overturn restores what was taken.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            f"/v1/appeals/{part(id)}/decide",
            Appeal,
            body=body,
        )

    def next_reading(
        self,
    ) -> Reading:
        """A case to read again without knowing the first verdict, for 15 minutes.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            "/v1/readings/next",
            Reading,
        )

    def submit_reading(
        self,
        body: SubmitReading,
    ) -> ReadingResult:
        """Give one's verdict on a case read again.

        Needs the scope `cases`.
        """
        return self._ask(
            "POST",
            "/v1/readings",
            ReadingResult,
            body=body,
        )

    def get_agreement(
        self,
        query: SinceQuery | None = None,
    ) -> Agreement:
        """Share of equal verdicts and Cohen's kappa, each with its 95 % interval.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/readings/agreement",
            Agreement,
            query=query,
        )

    def get_precision(
        self,
        query: SinceQuery | None = None,
    ) -> Page[Precision]:
        """How often the hits of each rule were found right by the people who judged them.

        What people judge is no random sample of what a rule hits: cases are what the policy is
        unsure of, appeals what people think wrong.

        Needs the scope `cases`.
        """
        return self._ask(
            "GET",
            "/v1/precision",
            Page[Precision],
            query=query,
        )

    def list_policies(
        self,
        query: NetworkPaging | None = None,
    ) -> Page[PolicyVersion]:
        """Policy versions, of one network or of all, without their texts.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            "/v1/policies",
            Page[PolicyVersion],
            query=query,
        )

    def propose_policy(
        self,
        body: Proposal,
    ) -> PolicyVersion:
        """Keep a new version, if its text loads and its own examples come out as it says.

        Needs the scope `policies:propose`.
        """
        return self._ask(
            "POST",
            "/v1/policies",
            PolicyVersion,
            body=body,
        )

    def get_policy_in_force(
        self,
        name: str,
        query: InForceQuery | None = None,
    ) -> PolicyInForce:
        """What decides on a network now, or at another time.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policies/{part(name)}/in-force",
            PolicyInForce,
            query=query,
        )

    def list_policy_changes(
        self,
        name: str,
        query: Paging | None = None,
    ) -> Page[PolicyChange]:
        """All changes of what is in force on a network, the last made first.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policies/{part(name)}/changes",
            Page[PolicyChange],
            query=query,
        )

    def rollback_policy(
        self,
        name: str,
        body: Rollback,
    ) -> PolicyChange:
        """Go back to a version that was in force, with a record of its own.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/rollback",
            PolicyChange,
            body=body,
        )

    def withdraw_policy_change(
        self,
        name: str,
        body: Withdrawal,
    ) -> PolicyChange:
        """Take back a change before its moment comes, with a record of its own.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/withdraw",
            PolicyChange,
            body=body,
        )

    def get_shadow_report(
        self,
        name: str,
        query: ShadowQuery | None = None,
    ) -> ShadowReport:
        """How the shadow compares with what was decided.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policies/{part(name)}/shadow",
            ShadowReport,
            query=query,
        )

    def list_retroactive_passes(
        self,
        name: str,
        query: Paging | None = None,
    ) -> Page[RetroactivePass]:
        """The retroactive passes of a network, the last begun first.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policies/{part(name)}/passes",
            Page[RetroactivePass],
            query=query,
        )

    def get_policy(
        self,
        name: str,
        version: str,
    ) -> PolicyVersion:
        """One version, with its text and its announcement.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policies/{part(name)}/{part(version)}",
            PolicyVersion,
        )

    def approve_policy(
        self,
        name: str,
        version: str,
        body: Approval,
    ) -> PolicyVersion:
        """Consent to exactly one text.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/approve",
            PolicyVersion,
            body=body,
        )

    def dissent_from_policy(
        self,
        name: str,
        version: str,
        body: Dissent,
    ) -> PolicyVersion:
        """Disagree, with reasons: they stand in every record that is signed from now on.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/dissent",
            PolicyVersion,
            body=body,
        )

    def preview_policy(
        self,
        name: str,
        version: str,
        body: PreviewOrder,
    ) -> Preview:
        """What a version would decide of stored items. Nothing is changed.

        Needs the scope `policies:propose`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/preview",
            Preview,
            body=body,
        )

    def activate_policy(
        self,
        name: str,
        version: str,
        body: Activation,
    ) -> PolicyChange:
        """Sign the version's decision record and put it in force, to the second.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/activate",
            PolicyChange,
            body=body,
        )

    def shadow_policy(
        self,
        name: str,
        version: str,
        body: ShadowSwitch,
    ) -> PolicyChange:
        """Let a version decide beside the one in force, without effect, or end that.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/shadow",
            PolicyChange,
            body=body,
        )

    def roll_out_policy(
        self,
        name: str,
        version: str,
        body: Rollout,
    ) -> PolicyChange:
        """Let a version decide for a part of the accounts.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/rollout",
            PolicyChange,
            body=body,
        )

    def begin_retroactive_pass(
        self,
        name: str,
        version: str,
        body: Selection,
    ) -> RetroactivePass:
        """Begin to list what the version in force would take down of what is published.

        Nothing is taken down until the pass is run.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/retroactive",
            RetroactivePass,
            body=body,
        )

    def get_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """A retroactive pass, and how far it is.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/passes/{part(id)}",
            RetroactivePass,
        )

    def list_pass_items(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[PassItem]:
        """What a retroactive pass takes down, by item.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/passes/{part(id)}/items",
            Page[PassItem],
            query=query,
        )

    def run_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """Let a retroactive pass take down what it has listed.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/passes/{part(id)}/run",
            RetroactivePass,
        )

    def stop_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """End a retroactive pass; what it has taken down stays down.

        Needs the scope `policies:approve`.
        """
        return self._ask(
            "POST",
            f"/v1/passes/{part(id)}/stop",
            RetroactivePass,
        )

    def get_policy_record(
        self,
        id: str,
    ) -> PolicyRecord:
        """A signed decision record.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            f"/v1/policy-records/{part(id)}",
            PolicyRecord,
        )

    def list_alarms(
        self,
        query: NetworkPaging | None = None,
    ) -> Page[Alarm]:
        """Alarms about the hit rates of rules, the last raised first.

        Needs the scope `policies:read`.
        """
        return self._ask(
            "GET",
            "/v1/alarms",
            Page[Alarm],
            query=query,
        )

    def acknowledge_alarm(
        self,
        id: str,
        body: Acknowledgement,
    ) -> Alarm:
        """Take note of an alarm; the rule is then quiet for a day.

        Needs the scope `policies:propose`.
        """
        return self._ask(
            "POST",
            f"/v1/alarms/{part(id)}/acknowledge",
            Alarm,
            body=body,
        )

    def list_audit_entries(
        self,
        query: AuditQuery | None = None,
    ) -> Page[AuditEntry]:
        """Entries of the audit log, the oldest first.

        Needs the scope `audit`.
        """
        return self._ask(
            "GET",
            "/v1/audit",
            Page[AuditEntry],
            query=query,
        )

    def verify_audit_log(
        self,
    ) -> AuditVerification:
        """Whether every entry is as it was written, from the first to the last.

        `portreeve audit verify` does the same offline.

        Needs the scope `audit`.
        """
        return self._ask(
            "GET",
            "/v1/audit/verify",
            AuditVerification,
        )

    def search_log(
        self,
        body: LogSearch,
    ) -> Page[dict[str, Any]]:
        """Decisions that meet a SQL condition, or how many there are by some columns.

        Needs the scope `log`.
        """
        return self._ask(
            "POST",
            "/v1/log/search",
            Page[dict[str, Any]],
            body=body,
        )

    def list_keys(
        self,
        query: Paging | None = None,
    ) -> Page[ApiKey]:
        """All keys, the newest first, revoked ones too.

        Needs the scope `admin`.
        """
        return self._ask(
            "GET",
            "/v1/keys",
            Page[ApiKey],
            query=query,
        )

    def create_key(
        self,
        body: NewKey,
    ) -> MadeKey:
        """Make a key.

        The answer shows its secret, which is not shown again and kept nowhere.

        Needs the scope `admin`.
        """
        return self._ask(
            "POST",
            "/v1/keys",
            MadeKey,
            body=body,
        )

    def get_key(
        self,
        id: str,
    ) -> ApiKey:
        """One key.

        Needs the scope `admin`.
        """
        return self._ask(
            "GET",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    def revoke_key(
        self,
        id: str,
    ) -> ApiKey:
        """Stop a key from working, for good.

        It is refused everywhere within two seconds. The last key with the scope `admin` stays.

        Needs the scope `admin`.
        """
        return self._ask(
            "DELETE",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    def list_webhooks(
        self,
        query: Paging | None = None,
    ) -> Page[Webhook]:
        """All webhooks, the newest first.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "GET",
            "/v1/webhooks",
            Page[Webhook],
            query=query,
        )

    def create_webhook(
        self,
        body: NewWebhook,
    ) -> MadeWebhook:
        """Add a webhook, which is told of what happens from now on.

        The answer shows its signing secret, which is not shown again.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "POST",
            "/v1/webhooks",
            MadeWebhook,
            body=body,
        )

    def get_webhook(
        self,
        id: str,
    ) -> Webhook:
        """One webhook.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}",
            Webhook,
        )

    def change_webhook(
        self,
        id: str,
        body: WebhookChange,
    ) -> Webhook:
        """Change a webhook, disable or enable it.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "PATCH",
            f"/v1/webhooks/{part(id)}",
            Webhook,
            body=body,
        )

    def delete_webhook(
        self,
        id: str,
    ) -> None:
        """Delete a webhook with its deliveries.

        Needs the scope `webhooks`.
        """
        self._ask(
            "DELETE",
            f"/v1/webhooks/{part(id)}",
            NoneType,
        )

    def rotate_webhook_secret(
        self,
        id: str,
        body: Rotation,
    ) -> MadeWebhook:
        """Give a webhook a new signing secret; for a while the old one signs too.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/rotate",
            MadeWebhook,
            body=body,
        )

    def test_webhook(
        self,
        id: str,
    ) -> None:
        """Send a webhook an event `webhook.test`, which no other hears.

        Needs the scope `webhooks`.
        """
        self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/test",
            NoneType,
        )

    def list_deliveries(
        self,
        id: str,
        query: DeliveryFilter | None = None,
    ) -> Page[Delivery]:
        """Deliveries of a webhook, the newest first; with `state=dead` those given up.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries",
            Page[Delivery],
            query=query,
        )

    def get_delivery(
        self,
        id: str,
        delivery: str,
    ) -> DeliveryLog:
        """One delivery with its attempts, and what is sent.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries/{part(delivery)}",
            DeliveryLog,
        )

    def replay_webhook(
        self,
        id: str,
        body: Replay,
    ) -> Replayed:
        """Deliver again: some deliveries, or all events since a time.

        Needs the scope `webhooks`.
        """
        return self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/replay",
            Replayed,
            body=body,
        )

    def welcome(
        self,
    ) -> Welcome:
        """What this is, and where everything lies.

        Needs no key.
        """
        return self._ask(
            "GET",
            "/",
            Welcome,
        )

    def live(
        self,
    ) -> Live:
        """Whether the process runs.

        Needs no key.
        """
        return self._ask(
            "GET",
            "/health/live",
            Live,
        )

    def ready(
        self,
    ) -> Ready:
        """Whether the service takes requests: database, engine and workers are well.

        While it does not, the answer is a problem `unavailable` whose `more` has the checks.

        Needs no key.
        """
        return self._ask(
            "GET",
            "/health/ready",
            Ready,
        )

    def metrics(
        self,
    ) -> bytes:
        """Metrics for Prometheus.

        Needs the scope `metrics`.
        """
        return self._ask(
            "GET",
            "/metrics",
            bytes,
        )

    def openapi(
        self,
    ) -> dict[str, Any]:
        """This description of the API.

        Needs no key.
        """
        return self._ask(
            "GET",
            "/openapi.json",
            dict[str, Any],
        )

    def explain_error(
        self,
        code: str,
    ) -> bytes:
        """What a kind of error means: the address of a problem's `type`.

        Needs no key.
        """
        return self._ask(
            "GET",
            f"/errors/{part(code)}",
            bytes,
        )
